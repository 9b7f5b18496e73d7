-- A type's events of which something is true.
select *
from ledger.{table}
where {condition}
order by position
