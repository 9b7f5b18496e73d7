-- Each event table's columns and their types, in order.
select
    table_name,
    list(column_name order by column_index) as column_names,
    list(data_type order by column_index) as column_types
from duckdb_columns()
where schema_name = 'events'
group by table_name
