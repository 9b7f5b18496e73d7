-- By name: a column that was added later stands at the table's end.
insert into ledger.{table} by name
select *
from fresh
