-- Without an order: DuckDB would sort the numbers in as many bytes as the statistics in the catalog ask for, and show
-- other numbers if these were changed.
select
    append_no,
    first_position,
    last_position,
    events,
    run_id,
    appended_at,
    digest,
    previous_digest,
    md5_number(
        cast(
            (append_no, first_position, last_position, events, run_id, appended_at, digest, previous_digest) as varchar
        )
    ) as fingerprint
from ledger.appends
where append_no between $first and $last
