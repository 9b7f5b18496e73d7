{#
  The rows of a table that this build has written: of a mart, those of the touched articles or persons, or all rows if it
  is written whole; of an event type, what was recorded since the last build. Data tests read tables so, and a build is
  as cheap to test as it is to make. `newsledger models --test all` says that all rows are written.
#}
{% macro written(relation) -%}
    {{ relation.incorporate(path={'schema': 'written'}) }}
{%- endmacro %}

{# dbt calls this for the table that a generic data test is about. #}
{% macro default__get_where_subquery(relation) -%}
    {{ return(relation.incorporate(path={'schema': 'written'})) }}
{%- endmacro %}

{# A model's schema is the one that its `config` names, otherwise `main`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
