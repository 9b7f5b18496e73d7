-- extraction_failed: one row per archived payload that a producer could read no article from
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
    payload_digest,
    reason,
    detail
from {{ source('ledger', 'extraction_failed') }}
where {{ recorded_since_last_build() }}
