-- quote_extracted: one row per quotation a producer found in an extraction
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
    text,
    start_char,
    end_char,
    kind,
    speaker,
    speaker_start_char,
    speaker_end_char,
    person,
    cue,
    cue_start_char,
    cue_end_char,
    rule,
    confidence
from {{ source('ledger', 'quote_extracted') }}
where {{ recorded_since_last_build() }}
