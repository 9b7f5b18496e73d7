-- Who did not report? Persons whom several outlets name, and the outlets that do not name them in the same days.
-- Parameters: since (a day; default: 7 days before the newest article), outlets (how many outlets must name a person;
-- default 3).
with parameters as (
    select
        coalesce(
            cast(getvariable('since') as timestamptz),
            (select max(latest.first_seen_at) - interval 7 days from articles as latest)
        ) as since_at,
        coalesce(cast(getvariable('outlets') as integer), 3) as least_outlets
),

recent as (
    select
        articles.article_id,
        articles.source_id
    from articles
    cross join parameters
    where coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
),

publishing as (
    select distinct source_id
    from recent
),

named as (
    select
        person_of(mentions.name) as name,
        recent.source_id,
        count(distinct recent.article_id) as articles
    from mentions
    inner join recent on mentions.article_id = recent.article_id
    where mentions.kind = 'person'
    group by person_of(mentions.name), recent.source_id
),

persons_named as (
    select
        named.name,
        cast(sum(named.articles) as bigint) as articles,
        list(named.source_id order by named.source_id) as named_by
    from named
    group by named.name
)

select
    persons_named.name as person,
    persons_named.articles,
    array_to_string(persons_named.named_by, ', ') as named_by,
    array_to_string(
        list(publishing.source_id order by publishing.source_id)
        filter (where not list_contains(persons_named.named_by, publishing.source_id)),
        ', '
    ) as not_named_by
from persons_named
cross join publishing
where len(persons_named.named_by) >= (select parameters.least_outlets from parameters)
group by persons_named.name, persons_named.articles, persons_named.named_by
having not_named_by is not null
order by persons_named.articles desc, person asc
limit 100;
