-- capture_failed: one row per attempt to fetch a page that failed
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
    article_id,
    url,
    reason,
    status,
    detail,
    attempt,
    will_retry,
    retry_at
from {{ source('ledger', 'capture_failed') }}
where {{ recorded_since_last_build() }}
