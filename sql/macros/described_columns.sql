{#
  The columns that the yml file describes, in its order: those of the model itself, or of another one without a column.
  Models that pass on many columns of other tables select them with `*` and end with this, so that a column is listed
  once, where it is described.
#}
{% macro described_columns(of=none, without=none) -%}
    {%- if execute -%}
        {%- set described = graph.nodes['model.newsledger.' ~ of] if of else model -%}
        {{ described.columns.keys() | reject('equalto', without) | join(', ') }}
    {%- else -%}
        *
    {%- endif -%}
{%- endmacro %}
