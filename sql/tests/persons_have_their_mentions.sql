-- Each mention of a person in `persons` is counted there once.
with named as (
    select
        name,
        count(*) as mentions
    from {{ ref('mentions') }}
    where kind = 'person'
    group by name
)

select
    persons.name,
    persons.mentions as counted,
    named.mentions as named
from {{ ref('persons') }} as persons
left join named using (name)
where persons.mentions is distinct from named.mentions
