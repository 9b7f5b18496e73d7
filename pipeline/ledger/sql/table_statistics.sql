-- What the catalog says of each column of these tables as a whole: a query that contradicts it reads nothing.
select
    tables.table_name,
    stats.column_id,
    fields.column_type,
    stats.contains_null,
    stats.min_value,
    stats.max_value
from __ducklake_metadata_ledger.ducklake_table_column_stats as stats
inner join __ducklake_metadata_ledger.ducklake_table as tables using (table_id)
inner join __ducklake_metadata_ledger.ducklake_column as fields using (table_id, column_id)
where
    list_contains($tables, tables.table_name)
    and tables.end_snapshot is null
    and fields.end_snapshot is null
    and fields.parent_column is null
    and fields.column_type not in ('list', 'map', 'struct')
order by tables.table_name, stats.column_id
