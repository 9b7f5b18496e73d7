-- The comments in the file, by `<schema>.<table>` and `<schema>.<table>.<column>`.
select
    schema_name || '.' || table_name as name,
    comment
from duckdb_tables()
union all
select
    schema_name || '.' || view_name as name,
    comment
from duckdb_views()
where not internal
union all
select
    schema_name || '.' || table_name || '.' || column_name as name,
    comment
from duckdb_columns()
where not internal
