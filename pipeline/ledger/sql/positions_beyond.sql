select count(*) as strays
from ledger.{table}
where position < 1 or position > {position} or position is null
