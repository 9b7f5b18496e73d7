-- DuckLake keeps statistics of a table from its first row on. Before, it asks its catalog at each query for those of
-- every column, one by one, so a query on a few empty tables takes four times as long. These are the statistics of a
-- table that was emptied: nothing is known of the columns, so each may have nulls.
insert into __ducklake_metadata_ledger.ducklake_table_stats (table_id, record_count, next_row_id, file_size_bytes)
select
    tables.table_id,
    0 as record_count,
    0 as next_row_id,
    0 as file_size_bytes
from __ducklake_metadata_ledger.ducklake_table as tables
anti join __ducklake_metadata_ledger.ducklake_table_stats using (table_id)
where tables.end_snapshot is null;

insert into __ducklake_metadata_ledger.ducklake_table_column_stats (table_id, column_id, contains_null, contains_nan)
select
    columns.table_id,
    columns.column_id,
    true as contains_null,
    if(columns.column_type in ('float32', 'float64'), false, null) as contains_nan
from __ducklake_metadata_ledger.ducklake_column as columns
inner join __ducklake_metadata_ledger.ducklake_table_stats as tables using (table_id)
anti join __ducklake_metadata_ledger.ducklake_table_column_stats using (table_id, column_id)
where
    columns.end_snapshot is null
    and columns.column_type not in ('list', 'map', 'struct')
    and tables.record_count = 0;
