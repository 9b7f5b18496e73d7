-- Who is in the news? Persons by number of articles of the last 7 days that name or quote them.
with named as (
    select
        person_of(name) as name,
        article_id,
        source_id,
        published_at
    from mentions
    where kind = 'person'
    union
    select
        person_of(person) as name,
        article_id,
        source_id,
        published_at
    from quotes
    where person is not null
),

recent as (
    select
        named.name,
        named.article_id,
        named.source_id
    from named
    inner join articles using (article_id)
    where
        coalesce(named.published_at, articles.first_seen_at)
        > (select max(coalesce(latest.published_at, latest.first_seen_at)) - interval 7 days from articles as latest)
),

together as (
    select
        recent.name,
        other.name as other_name,
        count(distinct recent.article_id) as articles
    from recent
    inner join recent as other on recent.article_id = other.article_id and recent.name != other.name
    group by recent.name, other.name
    qualify row_number() over (partition by recent.name order by articles desc, other.name asc) = 1
)

select
    recent.name,
    any_value(persons.role) as role,
    count(distinct recent.article_id) as articles,
    count(distinct recent.source_id) as sources,
    any_value(persons.direct_quotes) as quotes_ever,
    any_value(together.other_name) as most_often_with,
    min(persons.first_seen_at) as first_seen_at
from recent
left join persons using (name)
left join together using (name)
group by recent.name
order by articles desc, recent.name asc
limit 50;
