select last_position
from ledger.appends
where digest = $digest
