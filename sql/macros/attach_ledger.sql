{#
  Attach the ledger read-only as `ledger`. The extensions are loaded from the files of their Python packages, so
  nothing is installed or downloaded. The options are those the ledger itself is opened with.
#}
{% macro attach_ledger() -%}
    {% for file in fromjson(env_var('NEWSLEDGER_EXTENSION_FILES')) %}
        load {{ sql_literal(file) }};
    {% endfor %}
    attach if not exists {{ sql_literal('ducklake:sqlite:' ~ env_var('NEWSLEDGER_LEDGER_CATALOG')) }} as ledger (
        read_only,
        data_path {{ sql_literal(env_var('NEWSLEDGER_LEDGER_FILES')) }},
        override_data_path true,
        meta_busy_timeout 30000
    );
{%- endmacro %}

{% macro sql_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}
