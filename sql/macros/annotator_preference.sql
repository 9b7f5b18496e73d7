{#
  Which annotator's reading of a text counts, first the best: in the order of NEWSLEDGER_ANNOTATORS, then any that it does
  not name; of one annotator the highest version, of one version what was recorded last. A producer belongs to the
  annotator that it is named after: `spacy-de_core_news_sm@3.8.0.1` to `spacy`; only `annotate@2` is of `rules`.
  The order is an environment variable and no dbt var for the reason that `head_position` gives.
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

{# The version in a producer's name, part by part: 3.10.0 is higher than 3.9.2. #}
{% macro version_numbers(producer) -%}
    list_transform(string_split(split_part({{ producer }}, '@', 2), '.'), lambda part: coalesce(try_cast(part as bigint), 0))
{%- endmacro %}
