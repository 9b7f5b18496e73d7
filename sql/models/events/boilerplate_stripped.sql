-- boilerplate_stripped: one row per block that was on a page and is not part of its article
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
    block_no,
    kind,
    rule,
    text
from {{ source('ledger', 'boilerplate_stripped') }}
where {{ recorded_since_last_build() }}
