select
    log_head.position,
    log_head.append_no as appends,
    (select min(appended_at) from ledger.appends) as begun_at
from ledger.log_head
