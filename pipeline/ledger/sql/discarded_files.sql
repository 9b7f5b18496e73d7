-- Files that are in use, and that the catalog also has among those to be deleted.
with used as (
    select data_file_id as file_id, path, end_snapshot from __ducklake_metadata_ledger.ducklake_data_file
    union all
    select delete_file_id as file_id, path, end_snapshot from __ducklake_metadata_ledger.ducklake_delete_file
)

select distinct parse_filename(used.path) as name
from used
inner join __ducklake_metadata_ledger.ducklake_files_scheduled_for_deletion as discarded
    on parse_filename(used.path) = parse_filename(discarded.path)
where used.end_snapshot is null
order by name
