select
    '{table}' as table_name,
    data_file,
    data_file_size_bytes,
    delete_file,
    delete_file_size_bytes
from ducklake_list_files('ledger', '{table}')
