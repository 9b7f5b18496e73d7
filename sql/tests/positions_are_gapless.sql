-- All event tables together hold every position from 1 to the head once: none is missing, doubled or too high.
{%- set tables = graph.sources.values() | selectattr('source_name', 'equalto', 'events') if execute else [] %}
{%- set head_position = env_var('NEWSLEDGER_HEAD_POSITION') if execute else 0 %}
with positions as (
    {%- for table in tables %}
    select position from {{ source('events', table.name) }}
    union all
    {%- endfor %}
    select null as position
    where false
)

select
    count(*) as events,
    count(distinct position) as positions,
    max(position) as last_position
from positions
having
    count(*) != {{ head_position }}
    or count(distinct position) != {{ head_position }}
    or coalesce(max(position), 0) != {{ head_position }}
