-- The names of all tables that the file stores, quoted as SQL needs them.
select '"' || replace(schema_name, '"', '""') || '"."' || replace(table_name, '"', '""') || '"' as name
from duckdb_tables()
where not internal and not temporary
order by name
