select append_no
from ledger.appends
where digest = $digest
