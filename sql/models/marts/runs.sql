-- runs: one row per run that has recorded something, with what it recorded
{{ config(materialized='incremental', unique_key='run_id', meta={'touched': 'touched_runs'}) }}
with recorded as (
    {% for type in step_events() %}
        select
            run_id,
            {{ 'source_id' if type != 'run_failed' else 'null as source_id' }},
            recorded_at,
            '{{ type }}' as event_type
        from {{ source('events', type) }}
        where run_id in (select touched.run_id from {{ ref('touched_runs') }} as touched)
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    run_id,
    min(recorded_at) as first_recorded_at,
    max(recorded_at) as last_recorded_at,
    list_sort(list(distinct source_id) filter (where source_id is not null)) as source_ids,
    count(*) filter (where event_type = 'feed_polled') as polls,
    count(*) filter (where event_type = 'item_discovered') as items,
    count(*) filter (where event_type = 'article_captured') as captures,
    count(*) filter (where event_type = 'capture_failed') as failed_captures,
    count(*) filter (where event_type = 'article_revisited') as revisits,
    count(*) filter (where event_type = 'article_extracted') as extractions,
    count(*) filter (where event_type = 'extraction_failed') as failed_extractions,
    count(*) filter (where event_type = 'article_annotated') as annotations,
    count(*) filter (where event_type = 'history_read') as history_reads,
    count(*) filter (where event_type = 'run_failed') as failed_tasks
from recorded
group by run_id
