-- One statement, one snapshot: another process may be appending. Conditions are in filters, because statistics of files
-- could hide rows from a `where`.
select
    count(*) filter (where position between 1 and {position}) as events,
    count(*) filter (where position > {start} and position <= {position}) as events_after,
    count(*) filter (
        where position is null or position < 1 or position > (select max(position) from ledger.log_head)
    ) as strays
from ledger.{table}
