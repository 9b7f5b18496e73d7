-- How often does something occur in the news, day by day and outlet by outlet?
-- Parameters: term (words as `newsledger search` takes them: in any form, or between quotation marks as they stand in
-- the text; default: the place or organisation that most articles name), since (a day; default: 30 days before the
-- newest article).
with parameters as (
    select
        coalesce(getvariable('term'), (
            select '"' || most.name || '"'
            from (
                select
                    name,
                    count(distinct article_id) as articles
                from mentions
                where kind != 'person'
                group by name
                order by articles desc, name asc
                limit 1
            ) as most
        )) as term,
        coalesce(
            cast(getvariable('since') as timestamptz),
            (select max(latest.first_seen_at) - interval 30 days from articles as latest)
        ) as since_at
),

found as (
    select article_id
    from search((select parameters.term from parameters))
),

published as (
    select
        parameters.term,
        articles.source_id,
        cast(coalesce(articles.published_at, articles.first_seen_at) as date) as published_on,
        articles.article_id in (select found.article_id from found) as has_term
    from articles
    cross join parameters
    where coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
)

select
    term,
    published_on,
    source_id,
    count(*) filter (where has_term) as articles,
    count(*) as articles_published,
    round(100 * count(*) filter (where has_term) / count(*), 1) as percent
from published
group by term, published_on, source_id
having articles > 0
order by published_on desc, articles desc, source_id asc;
