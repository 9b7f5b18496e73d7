-- mentions: one row per place in an article's newest revision where a person, an organisation or a place is named
{{ config(materialized='incremental', unique_key='article_id') }}
with found as (
    select
        mentions.* exclude (part),
        coalesce(mentions.part, 'text') as part,
        mentions.event_id as mention_id,
        articles.published_at,
        articles.extraction_id
    from {{ written(ref('articles_without_text')) }} as articles
    inner join {{ ref('current_annotations') }} as annotations on articles.extraction_id = annotations.extraction_id
    inner join {{ of_articles('entity_mentioned') }} as mentions
        on annotations.extraction_id = mentions.caused_by and annotations.mentions_producer = mentions.producer
)

select {{ described_columns() }}
from found
