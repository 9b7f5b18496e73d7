-- One statement, one snapshot: another process may be appending. Conditions are in filters, because statistics of files
-- could hide rows from a `where`, and give a wrong maximum.
select
    '{table}' as table_name,
    count(*) filter (where position between 1 and {position}) as events,
    count(*) filter (where position > {start} and position <= {position}) as events_after,
    count(*) filter (where position is null or position < 1) as strays,
    max(case when position > {position} then position end) as last
from ledger.{table}
