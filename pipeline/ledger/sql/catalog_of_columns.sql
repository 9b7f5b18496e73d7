-- A digest of what the catalog says of the tables and their columns: which field of a file a column is, and its name.
select
    md5(
        string_agg(
            cast(
                (
                    tables.table_id,
                    tables.table_name,
                    tables.path,
                    fields.column_id,
                    fields.column_order,
                    fields.column_name,
                    fields.column_type,
                    fields.initial_default,
                    fields.default_value,
                    fields.parent_column
                ) as varchar
            ),
            ''
            order by tables.table_id, fields.column_id
        )
    ) as digest
from __ducklake_metadata_ledger.ducklake_table as tables
inner join __ducklake_metadata_ledger.ducklake_column as fields using (table_id)
where tables.end_snapshot is null and fields.end_snapshot is null
