-- Each mention of a person is counted in `persons` once.
with counted as (
    select sum(mentions) as mentions
    from {{ ref('persons') }}
),

named as (
    select count(*) as mentions
    from {{ ref('mentions') }}
    where kind = 'person'
)

select
    counted.mentions as counted,
    named.mentions as named
from counted
cross join named
where coalesce(counted.mentions, 0) != named.mentions
