-- The first 15 hexadecimal digits of ids.
select cast('0x' || left(replace(cast(event_id as varchar), '-', ''), 15) as bigint) as prefix
from ledger.{table}
where position > {position}
