-- article_captured: one row per fetch of a page that was archived
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
    final_url,
    status,
    content_type,
    payload_digest,
    warc_payload_digest,
    bytes,
    warc_type,
    warc_file,
    warc_offset,
    warc_length,
    captured_at,
    via
from {{ source('ledger', 'article_captured') }}
where {{ recorded_since_last_build() }}
