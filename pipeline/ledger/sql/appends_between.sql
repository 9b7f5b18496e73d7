select append_no, first_position, last_position, events, digest, previous_digest
from ledger.appends
where append_no between $first and $last
order by append_no, first_position
