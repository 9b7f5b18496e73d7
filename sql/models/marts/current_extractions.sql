-- current_extractions: one row per archived payload of an article, with the newest producer's result
{{ config(materialized='ephemeral') }}
with verdicts as (
    select
        article_id,
        payload_digest,
        event_id as extraction_id,
        position,
        {{ producer_number('producer') }} as producer_number
    from {{ of_articles('article_extracted') }}
    union all
    select
        article_id,
        payload_digest,
        null as extraction_id,
        position,
        {{ producer_number('producer') }} as producer_number
    from {{ of_articles('extraction_failed') }}
)

select
    article_id,
    payload_digest,
    extraction_id
from verdicts
qualify row_number() over (
    partition by article_id, payload_digest
    -- a producer may take back what it has read, when it turns out that the page answers for many articles
    order by producer_number desc nulls last, position desc
) = 1
