{# The UTC day on which the article was published, or first named if it has no date. #}
{% macro news_day(articles) -%}
    cast(coalesce({{ articles }}.published_at, {{ articles }}.first_seen_at) at time zone 'UTC' as date)
{%- endmacro %}
