-- A digest of what the catalog says of each file of rows.
select
    parse_filename(files.path) as data_file,
    md5(
        cast(
            (
                files.table_id,
                files.record_count,
                files.file_size_bytes,
                files.footer_size,
                files.row_id_start,
                files.mapping_id
            ) as varchar
        )
        || coalesce(
            string_agg(
                cast(
                    (
                        stats.column_id,
                        stats.value_count,
                        stats.null_count,
                        stats.contains_nan,
                        stats.min_value,
                        stats.max_value
                    ) as varchar
                ),
                ''
                order by stats.column_id
            ),
            ''
        )
    ) as digest
from __ducklake_metadata_ledger.ducklake_data_file as files
left join __ducklake_metadata_ledger.ducklake_file_column_stats as stats using (table_id, data_file_id)
where files.end_snapshot is null
group by
    files.path,
    files.table_id,
    files.record_count,
    files.file_size_bytes,
    files.footer_size,
    files.row_id_start,
    files.mapping_id
