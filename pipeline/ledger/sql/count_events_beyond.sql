-- Rows that lie beyond the end of the ledger.
select count(*) filter (where position > {position}) as strays
from ledger.{table}
