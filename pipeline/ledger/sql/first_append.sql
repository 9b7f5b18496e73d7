select digest
from ledger.appends
where append_no = 1
