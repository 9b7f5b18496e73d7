-- run_failed: one row per task of a run that failed for good
select
    position,
    event_id,
    stream,
    occurred_at,
    recorded_at,
    run_id,
    producer,
    caused_by,
    dag_id,
    task_id,
    map_index,
    label,
    try_number,
    error
from {{ source('ledger', 'run_failed') }}
where {{ recorded_since_last_build() }}
