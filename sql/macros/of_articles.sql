{#
  The events of a type with the ids of articles. Events have the ids of addresses, and several addresses may be one
  article (article_addresses). The id of the address is `address_id`. Every mart reads events about articles so.
#}
{% macro of_articles(event_type) -%}
    (
        select
            events.* replace (coalesce(joined.article_id, events.article_id) as article_id),
            events.article_id as address_id
        from {{ source('events', event_type) }} as events
        left join {{ ref('article_addresses') }} as joined
            on events.article_id = joined.address_id and joined.address_id != joined.article_id
    )
{%- endmacro %}
