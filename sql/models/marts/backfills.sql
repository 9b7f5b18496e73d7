-- backfills: one row per run over a past interval and source, with its counts
{{ config(materialized='incremental', unique_key='source_id', meta={'touched': 'touched_backfills'}) }}
with finished as (
    select *
    from {{ source('events', 'backfill_finished') }}
    where source_id in (select touched.source_id from {{ ref('touched_backfills') }} as touched)
    qualify
        row_number() over (
            partition by run_id, source_id, interval_start, interval_end, started_at
            order by position desc
        ) = 1
),

reads as (
    -- archives are searched day by day; reads of an interrupted run count for the next run that finishes
    select
        reads.event_id,
        any_value(reads.reason) as reason,
        min_by(finished.event_id, finished.position) as backfill_id
    from {{ source('events', 'history_read') }} as reads
    inner join finished
        on
            reads.source_id = finished.source_id
            and reads.interval_start >= finished.interval_start
            and reads.interval_end <= finished.interval_end
            and reads.position < finished.position
    group by reads.event_id
),

asked as (
    select
        backfill_id,
        count(*) as documents_read,
        count(*) filter (where reason is not null) as documents_failed
    from reads
    group by backfill_id
),

summed_up as (
    select
        finished.*,
        finished.event_id as backfill_id,
        finished.occurred_at as finished_at,
        coalesce(asked.documents_read, 0) as documents_read,
        coalesce(asked.documents_failed, 0) as documents_failed
    from finished
    left join asked on finished.event_id = asked.backfill_id
)

select {{ described_columns() }}
from summed_up
