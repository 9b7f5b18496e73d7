-- backfills: one row per run over a past interval and source, what it came to
with asked as (
    -- archives are asked day by day
    select
        finished.event_id as backfill_id,
        count(*) as documents_read,
        count(*) filter (where reads.reason is not null) as documents_failed
    from {{ ref('backfill_finished') }} as finished
    inner join {{ ref('history_read') }} as reads
        on
            finished.run_id = reads.run_id
            and finished.source_id = reads.source_id
            and finished.interval_start <= reads.interval_start
            and finished.interval_end >= reads.interval_end
    group by finished.event_id
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
left join asked on finished.event_id = asked.backfill_id
qualify
    row_number() over (
        partition by
            finished.run_id, finished.source_id, finished.interval_start, finished.interval_end, finished.started_at
        order by finished.position desc
    ) = 1
