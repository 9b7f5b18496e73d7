-- Which articles name both of two persons? Newest first.
-- Parameters: person (default: the person whom most articles name), other (default: the one most
-- often named with that person), both full names.
with named as (
    select distinct
        person_of(name) as name,
        article_id
    from mentions
    where kind = 'person'
),

chosen as (
    select coalesce(person_of(getvariable('person')), (
        select person_of(persons.name)
        from persons
        order by persons.articles desc, persons.name asc
        limit 1
    )) as person
),

parameters as (
    select
        chosen.person,
        coalesce(person_of(getvariable('other')), (
            select most.name
            from (
                select
                    others.name,
                    count(*) as articles
                from named
                inner join named as others on named.article_id = others.article_id and named.name != others.name
                where named.name = (select chosen.person from chosen)
                group by others.name
                order by articles desc, others.name asc
                limit 1
            ) as most
        )) as other
    from chosen
)

select
    coalesce(articles.published_at, articles.first_seen_at) as published_at,
    articles.source_id,
    parameters.person,
    parameters.other,
    articles.headline,
    articles.url
from parameters
inner join named on parameters.person = named.name
inner join named as others on parameters.other = others.name and named.article_id = others.article_id
inner join articles on named.article_id = articles.article_id
order by coalesce(articles.published_at, articles.first_seen_at) desc, articles.url asc
limit 200;
