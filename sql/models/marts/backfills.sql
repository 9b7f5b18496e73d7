-- backfills: one row per run over a past interval and source, what it came to
with asked as (
    select
        run_id,
        source_id,
        interval_start,
        interval_end,
        count(*) as documents_read,
        count(*) filter (where reason is not null) as documents_failed
    from {{ ref('history_read') }}
    group by run_id, source_id, interval_start, interval_end
)

select
    finished.event_id as backfill_id,
    finished.run_id,
    finished.source_id,
    finished.interval_start,
    finished.interval_end,
    finished.started_at,
    finished.occurred_at as finished_at,
    finished.known,
    finished.found,
    finished.recovered,
    finished.replayed,
    finished.unchanged,
    finished.lost,
    finished.waiting,
    coalesce(asked.documents_read, 0) as documents_read,
    coalesce(asked.documents_failed, 0) as documents_failed
from {{ ref('backfill_finished') }} as finished
left join asked
    on
        finished.run_id = asked.run_id
        and finished.source_id = asked.source_id
        and finished.interval_start = asked.interval_start
        and finished.interval_end = asked.interval_end
qualify
    row_number() over (
        partition by
            finished.run_id, finished.source_id, finished.interval_start, finished.interval_end, finished.started_at
        order by finished.position desc
    ) = 1
