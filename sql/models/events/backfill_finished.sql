-- backfill_finished: one row per run over a past interval and source, what it came to
select
    position,
    event_id,
    stream,
    occurred_at,
    recorded_at,
    run_id,
    producer,
    caused_by,
    source_id,
    interval_start,
    interval_end,
    started_at,
    known,
    found,
    recovered,
    replayed,
    unchanged,
    lost,
    waiting
from {{ source('ledger', 'backfill_finished') }}
where {{ recorded_since_last_build() }}
