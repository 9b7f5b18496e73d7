-- item_discovered: one row per thing a feed said of an item; what it says differently later is a new row
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
    feed_url,
    article_id,
    url,
    canonical_url,
    guid,
    title,
    summary,
    published_at,
    updated_at,
    published_raw,
    said_digest,
    supersedes,
    via,
    published_quality,
    content
from {{ source('ledger', 'item_discovered') }}
where {{ recorded_since_last_build() }}
