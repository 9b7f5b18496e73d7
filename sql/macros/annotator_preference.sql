{#
  The sort order of a text's annotations, the preferred one first: by the order of NEWSLEDGER_ANNOTATORS, then those it
  does not name; for one annotator the highest version, for one version what was recorded last. A producer belongs to the
  annotator it is named after: `spacy-de_core_news_sm@3.8.0.1` to `spacy`. Only `annotate@N` belongs to `rules`.
  The order is an environment variable and not a dbt var, because dbt parses the whole project again (3 s) whenever a
  var has another value than in the last run.
#}
{% macro annotator_preference(producer, position) -%}
    {%- set specs = env_var('NEWSLEDGER_ANNOTATORS', 'rules').split(',') if execute else ['rules'] -%}
    case split_part(split_part({{ producer }}, '@', 1), '-', 1)
    {%- for spec in specs %}
        {%- set name = spec.split(':')[0] | trim %}
        when {{ sql_literal('annotate' if name == 'rules' else name) }} then {{ loop.index0 }}
    {%- endfor %}
        else {{ specs | length }}
    end,
    {{ version_numbers(producer) }} desc,
    {{ position }} desc
{%- endmacro %}

{# The version in a producer's name as a list of numbers, so that 3.10.0 is higher than 3.9.2. #}
{% macro version_numbers(producer) -%}
    list_transform(string_split(split_part({{ producer }}, '@', 2), '.'), lambda part: coalesce(try_cast(part as bigint), 0))
{%- endmacro %}

{% macro sql_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}
