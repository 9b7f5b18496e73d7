{#
  The rows (name, id) of the CSV file in NEWSLEDGER_PERSON_IDS; no rows if it is not set. The file is a part of the recipe
  (pipeline/models/recipe.py): after a change of it a build writes everything again.
#}
{% macro person_ids() -%}
    {%- set path = env_var('NEWSLEDGER_PERSON_IDS', '') if execute else '' -%}
    {%- if path -%}
        read_csv({{ sql_literal(path) }}, header = true, columns = {'name': 'varchar', 'id': 'varchar'})
    {%- else -%}
        (select null::varchar as name, null::varchar as id where false)
    {%- endif -%}
{%- endmacro %}
