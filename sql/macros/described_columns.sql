{#
  The columns that the model's yml file describes, in its order. Models that pass on many columns of other tables select
  them with `*` and end with this, so that a column is listed once, where it is described.
#}
{% macro described_columns() -%}
    {{ model.columns.keys() | join(', ') if execute else '*' }}
{%- endmacro %}
