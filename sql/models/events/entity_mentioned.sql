-- entity_mentioned: one row per person, organisation or place that a producer found named in an extraction
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
    kind,
    surface,
    name,
    start_char,
    end_char,
    role,
    party,
    country,
    rule,
    confidence
from {{ source('ledger', 'entity_mentioned') }}
where {{ recorded_since_last_build() }}
