-- One statement, one snapshot: another process may be appending.
select
    count(*) as events,
    count(*) filter (
        where position is null or position < 1 or position > (select max(position) from ledger.log_head)
    ) as strays
from ledger.{table}
