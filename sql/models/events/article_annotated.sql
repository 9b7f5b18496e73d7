-- article_annotated: one row per extraction that a producer has annotated, also where it found nothing
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
    language,
    language_confidence,
    quotes,
    mentions,
    failure
from {{ source('ledger', 'article_annotated') }}
where {{ recorded_since_last_build() }}
