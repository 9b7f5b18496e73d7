select
    data_file,
    delete_file
from ducklake_list_files('ledger', $table)
order by data_file
