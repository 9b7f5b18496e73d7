-- How much does each outlet report on a person, week by week?
-- Parameters: person (a full name; default: the person whom most articles name), since (a day).
with parameters as (
    select
        coalesce(person_of(getvariable('person')), (
            select person_of(persons.name)
            from persons
            order by persons.articles desc, persons.name asc
            limit 1
        )) as person,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

named as (
    select
        article_id,
        count(*) as mentions,
        0 as direct_quotes
    from mentions
    where kind = 'person' and person_of(name) = (select parameters.person from parameters)
    group by article_id
    union all
    select
        article_id,
        0 as mentions,
        count(*) as direct_quotes
    from quotes
    where kind = 'direct' and person_of(person) = (select parameters.person from parameters)
    group by article_id
)

select
    parameters.person,
    articles.source_id,
    cast(date_trunc('week', coalesce(articles.published_at, articles.first_seen_at)) as date) as week,
    count(distinct named.article_id) as articles,
    cast(sum(named.mentions) as bigint) as mentions,
    cast(sum(named.direct_quotes) as bigint) as direct_quotes
from named
inner join articles on named.article_id = articles.article_id
cross join parameters
where coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
group by parameters.person, articles.source_id, week
order by week desc, articles desc, articles.source_id asc;
