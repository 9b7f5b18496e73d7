select count(*) as strays
from ledger.appends
where append_no is null or append_no < 1 or append_no > (select max(append_no) from ledger.log_head)
