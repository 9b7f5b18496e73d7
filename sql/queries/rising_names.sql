-- Which persons, organisations and places are named much more often than before?
-- Parameters: days (length of the period that ends with the newest article, and of the one before it; default 7), kind
-- (person, organisation or place; all if not set). The names of one person or place are counted together.
with parameters as (
    select
        getvariable('kind') as kind,
        to_days(coalesce(cast(getvariable('days') as integer), 7)) as period,
        (select max(coalesce(latest.published_at, latest.first_seen_at)) from articles as latest) as newest_at
),

usual as (
    select
        'person' as kind,
        name,
        person as usual_name
    from person_aliases
    union all
    select
        'place' as kind,
        name,
        place as usual_name
    from place_aliases
),

named as (
    select distinct
        mentions.kind,
        coalesce(usual.usual_name, mentions.name) as name,
        mentions.article_id,
        coalesce(articles.published_at, articles.first_seen_at) > parameters.newest_at - parameters.period as is_recent
    from mentions
    inner join articles on mentions.article_id = articles.article_id
    left join usual on mentions.kind = usual.kind and mentions.name = usual.name
    cross join parameters
    where
        coalesce(articles.published_at, articles.first_seen_at) > parameters.newest_at - 2 * parameters.period
        and (parameters.kind is null or mentions.kind = parameters.kind)
)

select
    name,
    kind,
    count(*) filter (where is_recent) as articles,
    count(*) filter (where not is_recent) as articles_before,
    round(count(*) filter (where is_recent) / (1 + count(*) filter (where not is_recent)), 1) as rise
from named
group by name, kind
having articles > articles_before
order by rise desc, articles desc, name asc
limit 50;
