-- authors: one row per article and author, as the newest revision prints the name
{{ config(materialized='incremental', unique_key='article_id') }}
with numbered as (
    select
        article_id,
        source_id,
        coalesce(published_at, first_seen_at) as published_at,
        unnest(authors) as author,
        unnest(range(1, len(authors) + 1)) as place
    from {{ written(ref('articles_without_text')) }}
)

select
    article_id,
    row_number() over (partition by article_id order by min(place)) as author_no,
    author,
    source_id,
    published_at
from numbered
group by article_id, author, source_id, published_at
