-- The appends that have an event at one of these positions.
select
    append_no,
    first_position,
    last_position,
    events,
    run_id,
    appended_at,
    digest,
    previous_digest
from ledger.appends
where len(list_filter($positions, lambda position: position between first_position and last_position)) > 0
order by append_no
