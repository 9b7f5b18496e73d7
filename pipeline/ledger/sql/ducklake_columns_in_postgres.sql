-- The columns of DuckLake's own tables in a PostgreSQL catalog, in order.
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where table_schema = current_schema() and table_name like 'ducklake%'
order by table_name, ordinal_position
