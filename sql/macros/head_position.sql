{#
  The ledger's last position that this build reads. An environment variable and not a dbt var: dbt parses the whole
  project again (3 s) whenever a var has another value than last time.
#}
{% macro head_position() -%}
    {{ env_var('NEWSLEDGER_HEAD_POSITION') if execute else 0 }}
{%- endmacro %}
