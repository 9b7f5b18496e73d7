{#
  One row per rule that an event breaks. The rules are those of the event types in pipeline/events.py: required columns
  have values, enum columns have values of the enum, referenced events exist. Every event_id occurs once. Tested are the events
  recorded since the last build.
#}
{%- set tables = graph.sources.values() | selectattr('source_name', 'equalto', 'events') | list if execute else [] %}
{%- for table in tables %}
{%- set events, rules = written(source('events', table.name)), table.config.meta %}
select
    '{{ table.name }}' as event_type,
    event_id,
    'event_id occurs more than once' as finding
from {{ events }}
group by event_id
having count(*) > 1
union all
select
    '{{ table.name }}' as event_type,
    event_id,
    'a required column is null' as finding
from {{ events }}
where {% for column in rules.required %}"{{ column }}" is null{{ ' or ' if not loop.last }}{% endfor %}
union all
{%- for column, values in rules.accepted_values.items() %}
select
    '{{ table.name }}' as event_type,
    event_id,
    '{{ column }} has an unknown value' as finding
from {{ events }}
where "{{ column }}" not in ('{{ values | join("', '") }}')
union all
{%- endfor %}
{%- for column, referenced in rules.references.items() %}
select
    '{{ table.name }}' as event_type,
    referring.event_id,
    '{{ column }} names an event that does not exist' as finding
from {{ events }} as referring
anti join {{ source('events', referenced) }} as referenced on referring."{{ column }}" = referenced.event_id
anti join (
    select unnest(erased, recursive => true)
    from {{ source('events', 'article_redacted') }}
) as erased on cast(referring."{{ column }}" as varchar) = erased.event_id
where referring."{{ column }}" is not null
union all
{%- endfor %}
{%- endfor %}
select
    null as event_type,
    null as event_id,
    null as finding
where false
