-- What the catalog says of each column in each file of these tables' rows: it decides which files a query reads. Nulls
-- where it says nothing.
select
    tables.table_name,
    parse_filename(files.path) as data_file,
    fields.column_id,
    fields.column_type,
    stats.value_count,
    stats.null_count,
    stats.min_value,
    stats.max_value
from __ducklake_metadata_ledger.ducklake_data_file as files
inner join __ducklake_metadata_ledger.ducklake_table as tables using (table_id)
inner join __ducklake_metadata_ledger.ducklake_column as fields using (table_id)
left join __ducklake_metadata_ledger.ducklake_file_column_stats as stats using (table_id, data_file_id, column_id)
where
    list_contains($tables, tables.table_name)
    and tables.end_snapshot is null
    and files.end_snapshot is null
    and fields.end_snapshot is null
    and fields.parent_column is null
    and fields.column_type not in ('list', 'map', 'struct')
order by tables.table_name, data_file, fields.column_id
