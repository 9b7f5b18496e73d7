-- The tables that only an unfinished build has.
select schema_name || '.' || table_name as name
from duckdb_tables()
where schema_name in ('touched', 'written')
