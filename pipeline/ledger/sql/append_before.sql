-- The last append up to this position.
select
    append_no,
    last_position as position
from ledger.appends
where last_position <= $position
order by append_no desc
limit 1
