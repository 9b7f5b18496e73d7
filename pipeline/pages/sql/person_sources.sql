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
),

by_article as (
    -- counted first: a person who is quoted often has far more quotations than articles
    select
        article_id,
        count_if(quote_id is null) as mentions,
        count(quote_id) as quotes
    from named
    group by article_id
)

select
    articles.source_id,
    count(*) as articles,
    cast(sum(by_article.mentions) as bigint) as mentions,
    cast(sum(by_article.quotes) as bigint) as quotes
from by_article
inner join parts.articles_without_text as articles on by_article.article_id = articles.article_id
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
