{#
  The text with each spelling replaced by what stands for its sound. Several languages write one sound differently, so
  the spellings of one name become alike: "Lukaschenko" and "Lukashenko", "Sergej Lawrow" and "Sergei Lavrov".
#}
{% macro name_sounds(text, spellings) -%}
    {%- set key = namespace(sql=text) -%}
    {%- for spelling, sound in spellings -%}
        {%- set key.sql = "regexp_replace(" ~ key.sql ~ ", '" ~ spelling ~ "', '" ~ sound ~ "', 'g')" -%}
    {%- endfor -%}
    {{ key.sql }}
{%- endmacro %}
