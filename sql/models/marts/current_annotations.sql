-- current_annotations: one row per annotated extraction, with the producers whose quotations and mentions count
{{ config(materialized='ephemeral') }}
with readings as (
    -- a producer that does not look for quotations, or could not read the text, does not count
    select
        caused_by as extraction_id,
        producer,
        language,
        quotes,
        mentions,
        row_number() over (
            partition by caused_by
            order by {{ annotator_preference('producer', 'position') }}
        ) as preference
    from {{ of_articles('article_annotated') }}
    where failure is null
)

select
    extraction_id,
    arg_min(producer, preference) filter (where quotes is not null) as producer,
    arg_min(producer, preference) filter (where mentions is not null) as mentions_producer,
    arg_min(language, preference) as language
from readings
group by extraction_id
