-- What the catalog says of each file of these tables: without reading the file, DuckLake counts its rows by it.
with files as (
    select table_id, end_snapshot, path, record_count as rows, file_size_bytes as bytes, footer_size as footer_bytes
    from __ducklake_metadata_ledger.ducklake_data_file
    union all
    select table_id, end_snapshot, path, delete_count as rows, file_size_bytes as bytes, footer_size as footer_bytes
    from __ducklake_metadata_ledger.ducklake_delete_file
)

select
    parse_filename(files.path) as name,
    files.rows,
    files.bytes,
    files.footer_bytes
from files
inner join __ducklake_metadata_ledger.ducklake_table as tables using (table_id)
where
    list_contains($tables, tables.table_name)
    and tables.end_snapshot is null
    and files.end_snapshot is null
order by name
