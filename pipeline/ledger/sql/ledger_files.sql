-- The number and the size of the data files of each table, in the newest snapshot.
select table_name, file_count as files, file_size_bytes as bytes
from ducklake_table_info('ledger')
