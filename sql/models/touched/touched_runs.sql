-- touched_runs: one row per run that has recorded something since the last build
{{ config(materialized='table', schema='touched') }}
{% for type in step_events() %}
    select run_id
    from {{ written(source('events', type)) }}
    {{ 'union' if not loop.last }}
{% endfor %}
