select table_name, list(column_name) as column_names
from duckdb_columns()
where database_name = 'ledger' and schema_name = 'main'
group by table_name
