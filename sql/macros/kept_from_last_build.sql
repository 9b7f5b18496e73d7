{#
  The model's own table as the last build left it, or an empty table if it does not exist or has other columns. A model
  whose rows are expensive to compute, and the same each time, takes the rows it already has from here.
  `columns` maps their names to their types.
#}
{% macro kept_from_last_build(columns) -%}
    {%- set relation = load_relation(this) if execute else none -%}
    {%- set kept = adapter.get_columns_in_relation(relation) | map(attribute='name') | list if relation else [] -%}
    {%- if kept == columns.keys() | list -%}
        {{ this }}
    {%- else -%}
        (select
        {%- for name, type in columns.items() %} cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %} where false)
    {%- endif -%}
{%- endmacro %}
