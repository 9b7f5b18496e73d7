{# The version in a producer's name, as a number: `extract@10` is newer than `extract@9`. #}
{% macro producer_number(column) -%}
    try_cast(split_part({{ column }}, '@', 2) as bigint)
{%- endmacro %}
