-- What did a person say, when, and in which outlets? Newest first; the same words in several outlets are one row.
-- Parameters: person (a full name; default: the person with most direct quotations), since (a day).
with parameters as (
    select
        coalesce(person_of(getvariable('person')), (
            select person_of(persons.name)
            from persons
            order by persons.direct_quotes desc, persons.name asc
            limit 1
        )) as person,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    parameters.person,
    quotes.text,
    min(quotes.published_at) as first_published_at,
    count(distinct quotes.article_id) as articles,
    array_to_string(list(distinct quotes.source_id order by quotes.source_id), ', ') as sources,
    arg_min(quotes.url, quotes.published_at) as first_url
from quotes
inner join parameters on person_of(quotes.person) = parameters.person
where quotes.kind = 'direct' and coalesce(quotes.published_at, timestamptz '-infinity') >= parameters.since_at
group by parameters.person, quotes.text
order by first_published_at desc nulls last, quotes.text asc
limit 200;
