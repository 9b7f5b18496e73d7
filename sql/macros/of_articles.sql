{#
  The events of a type about the articles that this build touches, with the ids of articles. Events have the ids of
  addresses, and several addresses may be one article (article_addresses). The id of the address is `address_id`. Every
  mart that has rows of articles reads events so. In a build from an empty file all articles are touched.
#}
{% macro of_articles(event_type) -%}
    (
        select
            events.* replace (coalesce(joined.article_id, events.article_id) as article_id),
            events.article_id as address_id
        from {{ source('touched', event_type) }} as events
        left join {{ ref('article_addresses') }} as joined
            on events.article_id = joined.address_id and joined.address_id != joined.article_id
    )
{%- endmacro %}
