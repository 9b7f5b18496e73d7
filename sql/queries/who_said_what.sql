-- Who is quoted most in their own words, in how many articles of how many outlets, and what did they say last?
-- The names of one person (`person_of`) are counted together. Quotations whose speaker is no person that the article
-- names are counted together, too, in a row without a name.
-- Parameters: source (a source's id; all sources if not set), since (a day).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    person_of(quotes.person) as person,
    count(*) as quotes,
    count(distinct quotes.article_id) as articles,
    count(distinct quotes.source_id) as sources,
    arg_max(quotes.text, coalesce(quotes.published_at, timestamptz '-infinity')) as last_words,
    max(quotes.published_at) as last_quoted_at,
    array_to_string(list(distinct quotes.source_id order by quotes.source_id), ', ') as quoted_by,
    any_value(persons.external_id) as external_id
from quotes
cross join parameters
left join persons on person_of(quotes.person) = persons.name
where
    quotes.kind = 'direct'
    and coalesce(quotes.published_at, timestamptz '-infinity') >= parameters.since_at
    and (parameters.source_id is null or quotes.source_id = parameters.source_id)
group by person_of(quotes.person)
order by person_of(quotes.person) is null, quotes desc, person asc
limit 50;
