-- The person, by the full name that articles give: in how many articles, sources and quotations.
select
    $person as name,
    persons.role,
    persons.party,
    persons.country,
    persons.articles,
    persons.sources,
    persons.mentions,
    persons.first_seen_at,
    persons.last_seen_at,
    (
        select count(*) from quotes
        where quotes.person = $person and quotes.kind = 'direct'
    ) as direct_quotes,
    (
        select count(*) from quotes
        where quotes.person = $person and quotes.kind = 'indirect'
    ) as indirect_quotes
from (select 1) as one
left join persons on persons.name = $person
where persons.name is not null or exists (
    select 1 from quotes
    where quotes.person = $person
)
