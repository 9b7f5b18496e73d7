select cast(sum(file_count) as bigint) as files, cast(sum(file_size_bytes) as bigint) as bytes
from ducklake_table_info('ledger')
