-- video_embedded: one row per video caption that was stripped from a page
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
    video_no,
    teaser,
    published_on,
    duration_seconds
from {{ source('ledger', 'video_embedded') }}
where {{ recorded_since_last_build() }}
