-- The tables that have rows in files. A query of an empty table costs as much as one of a small table.
select table_name
from ducklake_table_info('ledger')
where file_count > 0
