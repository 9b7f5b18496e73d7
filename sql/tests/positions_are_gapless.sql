-- The new events of all types together, with those that were erased, have every position up to the head once: none is
-- missing, doubled or too high.
{%- set tables = graph.sources.values() | selectattr('source_name', 'equalto', 'events') if execute else [] %}
with positions as (
    {%- for table in tables %}
    select position from {{ written(source('events', table.name)) }}
    union all
    {%- endfor %}
    select erased.position
    from (select unnest(erased, recursive => true) from {{ written(source('events', 'article_redacted')) }}) as erased
),

counted as (
    select
        count(*) as events,
        count(distinct position) as positions,
        max(position) as last_position
    from positions
)

select
    counted.events,
    counted.positions,
    counted.last_position,
    span.after_position,
    span.head_position
from counted
cross join {{ source('touched', 'span') }} as span
where
    counted.events != span.head_position - span.after_position
    or counted.positions != counted.events
    or coalesce(counted.last_position, span.after_position) != span.head_position
