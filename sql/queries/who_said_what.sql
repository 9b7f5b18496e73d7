-- Who is quoted most in their own words, in how many articles of how many outlets, and what did they say last?
-- The names of one person (`person_of`) are counted together. Quotations whose speaker is no person that the article
-- names are counted together, too, in a row without a name.
-- Parameters: source (a source's id; all sources if not set), since (a day).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

said as (
    select * replace (person_of(person) as person)
    from quotes
    where kind = 'direct'
)

select
    said.person,
    count(*) as quotes,
    count(distinct said.article_id) as articles,
    count(distinct said.source_id) as sources,
    arg_max(said.text, coalesce(said.published_at, timestamptz '-infinity')) as last_words,
    max(said.published_at) as last_quoted_at,
    array_to_string(list(distinct said.source_id order by said.source_id), ', ') as quoted_by,
    any_value(persons.external_id) as external_id
from said
cross join parameters
left join persons on said.person = persons.name
where
    coalesce(said.published_at, timestamptz '-infinity') >= parameters.since_at
    and (parameters.source_id is null or said.source_id = parameters.source_id)
group by said.person
order by said.person is null, quotes desc, said.person asc
limit 50;
