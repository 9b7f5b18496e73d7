-- current_annotations: one row per annotated extraction, with the newest producer that has annotated it
{{ config(materialized='ephemeral') }}
select
    caused_by as extraction_id,
    producer,
    language
from {{ ref('article_annotated') }}
qualify row_number() over (
    partition by caused_by
    order by {{ producer_number('producer') }} desc nulls last, position desc
) = 1
