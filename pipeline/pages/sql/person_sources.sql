-- The sources that name or quote the person on the chosen days, in the chosen language.
with named as (
    select
        article_id,
        null as quote_id
    from mentions
    where kind = 'person' and name = $person
    union all
    select
        article_id,
        quote_id
    from quotes
    where person = $person
)

select
    articles.source_id,
    count(distinct named.article_id) as articles,
    count_if(named.quote_id is null) as mentions,
    count(named.quote_id) as quotes
from named
inner join parts.articles_without_text as articles on named.article_id = articles.article_id
where
    ($only_source is null or articles.source_id = $only_source)
    and ($only_language is null or articles.language = $only_language)
    and (
        $since_on is null
        or main.utc_day(coalesce(articles.published_at, articles.first_seen_at)) >= $since_on
    )
    and (
        $until_on is null
        or main.utc_day(coalesce(articles.published_at, articles.first_seen_at)) <= $until_on
    )
group by articles.source_id
order by articles desc, articles.source_id
limit $row_limit
