-- The last snapshot, and the last number of a file, that any entry of the catalog names.
with entries as (
    select begin_snapshot, end_snapshot, null as file_id from __ducklake_metadata_ledger.ducklake_schema
    union all
    select begin_snapshot, end_snapshot, null as file_id from __ducklake_metadata_ledger.ducklake_table
    union all
    select begin_snapshot, end_snapshot, null as file_id from __ducklake_metadata_ledger.ducklake_column
    union all
    select begin_snapshot, end_snapshot, data_file_id as file_id from __ducklake_metadata_ledger.ducklake_data_file
    union all
    select begin_snapshot, end_snapshot, delete_file_id as file_id from __ducklake_metadata_ledger.ducklake_delete_file
)

select
    coalesce(max(greatest(begin_snapshot, end_snapshot)), 0) as snapshot_id,
    coalesce(max(file_id), -1) as file_id
from entries
