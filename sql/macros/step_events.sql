{#
  The types of the events that steps record, with what is needed of each to say what a run has done. Events about the
  same reading, such as quotations, follow from one of these.
#}
{% macro step_events() -%}
    {{ return([
        'feed_polled', 'item_discovered', 'article_captured', 'capture_failed', 'article_revisited', 'article_extracted',
        'extraction_failed', 'article_annotated', 'history_read', 'run_failed',
    ]) }}
{%- endmacro %}
