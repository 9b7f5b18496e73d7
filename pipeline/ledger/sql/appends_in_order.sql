select append_no, first_position, last_position, events, digest, previous_digest
from ledger.appends
where append_no <= $append_no
order by append_no, first_position
