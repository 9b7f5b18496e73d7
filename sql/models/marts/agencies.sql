-- agencies: one row per article and news agency that its newest revision names as a source of its text
{{ config(materialized='incremental', unique_key='article_id') }}
select
    articles.article_id,
    unnest(list_distinct(extractions.agencies)) as agency,
    articles.source_id,
    coalesce(articles.published_at, articles.first_seen_at) as published_at
from {{ written(ref('articles_without_text')) }} as articles
inner join {{ of_articles('article_extracted') }} as extractions on articles.extraction_id = extractions.event_id
