-- By name: in the ledger, a column that was added later stands at the table's end.
insert into events.{table} by name
select *
from recorded
