-- history_read: one row per document of a source's history that a backfill has looked into
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
    via,
    url,
    interval_start,
    interval_end,
    reason,
    detail,
    status,
    retry_at,
    entries,
    matches,
    new_items,
    payload_digest,
    warc_file,
    warc_offset,
    warc_length
from {{ source('ledger', 'history_read') }}
where {{ recorded_since_last_build() }}
