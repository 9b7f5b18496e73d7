-- touched_persons: one row per name of a person that a touched article names or quotes, or named or quoted before
{{ config(materialized='table', schema='touched') }}
select name
from {{ source('touched', 'persons_before') }}
union
select name
from {{ written(ref('mentions')) }}
where kind = 'person'
union
select person as name
from {{ written(ref('quotes')) }}
where person is not null
