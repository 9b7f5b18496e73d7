-- The marts in the file: tables and views.
select
    'table' as kind,
    table_name as name
from duckdb_tables()
where schema_name = 'main' and not internal
union all
select
    'view' as kind,
    view_name as name
from duckdb_views()
where schema_name = 'main' and not internal
