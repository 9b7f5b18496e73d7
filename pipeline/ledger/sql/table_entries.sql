-- The number of rows that the catalog has for each of these tables, and for the files of it together.
with files as (
    select table_id, sum(record_count) as rows
    from __ducklake_metadata_ledger.ducklake_data_file
    where end_snapshot is null
    group by table_id
)

select
    tables.table_name,
    coalesce(min(stats.record_count), 0) as rows,
    coalesce(min(files.rows), 0) as rows_of_files
from __ducklake_metadata_ledger.ducklake_table as tables
left join __ducklake_metadata_ledger.ducklake_table_stats as stats using (table_id)
left join files using (table_id)
where list_contains($tables, tables.table_name) and tables.end_snapshot is null
group by tables.table_name
order by tables.table_name
