{#
  Which events a model of schema `events` takes: up to the head that was read before the build, so that all models
  see one cut of a ledger that moves on; and beyond what the model already holds, because events never change.
#}
{% macro recorded_since_last_build() -%}
    position <= {{ head_position() }}
    {%- if is_incremental() %}
    and position > (select coalesce(max(position), 0) from {{ this }})
    {%- endif %}
{%- endmacro %}
