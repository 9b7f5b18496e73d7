-- The number of rows that the catalog has for each of these tables that has any, and for the files of it together.
select
    tables.table_name,
    coalesce(min(stats.record_count), 0) as rows,
    coalesce(sum(files.record_count), 0)::hugeint as rows_of_files
from __ducklake_metadata_ledger.ducklake_data_file as files
inner join __ducklake_metadata_ledger.ducklake_table as tables using (table_id)
left join __ducklake_metadata_ledger.ducklake_table_stats as stats using (table_id)
where
    list_contains($tables, tables.table_name)
    and tables.end_snapshot is null
    and files.end_snapshot is null
group by tables.table_name
order by tables.table_name
