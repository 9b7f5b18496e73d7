-- The articles that name or quote the person, by source, newest first.
-- They are those of the chosen days, source and language, or of all days if none are chosen.
with named as (
    select
        article_id,
        1 as mentions,
        0 as quotes
    from mentions
    where kind = 'person' and name = $person
    union all
    select
        article_id,
        0 as mentions,
        1 as quotes
    from quotes
    where person = $person
),

chosen as (
    select
        named.*,
        articles.source_id,
        articles.headline,
        articles.url,
        articles.language,
        coalesce(articles.published_at, articles.first_seen_at) as dated_at
    from named
    inner join parts.articles_without_text as articles on named.article_id = articles.article_id
    where
        ($only_source is null or articles.source_id = $only_source)
        and ($only_place is null or concat('source-', articles.source_id) = $only_place)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or main.utc_day(dated_at) >= $since_on)
        and ($until_on is null or main.utc_day(dated_at) <= $until_on)
)

select
    source_id,
    article_id,
    any_value(headline) as headline,
    any_value(url) as url,
    any_value(language) as language,
    any_value(dated_at) as dated_at,
    cast(sum(mentions) as bigint) as mentions,
    cast(sum(quotes) as bigint) as quotes
from chosen
group by source_id, article_id
order by source_id, dated_at desc, article_id
limit $row_limit
