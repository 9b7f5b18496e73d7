-- word_changes: one row per two consecutive readings of an article that differ, with the words that differ
{{ config(materialized='incremental', unique_key='article_id') }}
{% set compared_by = 'words@2' -%}
with pairs as (
    select distinct
        article_id,
        previous_extraction_id,
        compared_extraction_id as extraction_id
    from {{ written(ref('article_sightings')) }}
    where sighting_no > 1 and begins_revision and not producer_changed
),

known as (
    -- a comparison takes milliseconds, so it is made only once
    select
        pairs.article_id,
        last_build.* exclude (article_id) -- noqa: RF02
    from {{ source('touched', 'word_changes_before') }} as last_build
    inner join pairs
        on
            last_build.previous_extraction_id = pairs.previous_extraction_id
            and last_build.extraction_id = pairs.extraction_id
    where last_build.compared_by = '{{ compared_by }}'
),

compared as (
    select
        pairs.article_id,
        pairs.previous_extraction_id,
        pairs.extraction_id,
        compare_words('headline', coalesce(before.headline, ''), coalesce(after.headline, '')) as headline,
        compare_words('lead', coalesce(before.lead, ''), coalesce(after.lead, '')) as lead,
        compare_words('text', before.text, after.text) as text
    from pairs
    inner join {{ of_articles('article_extracted') }} as before on pairs.previous_extraction_id = before.event_id
    inner join {{ of_articles('article_extracted') }} as after on pairs.extraction_id = after.event_id
    anti join known
        on pairs.previous_extraction_id = known.previous_extraction_id and pairs.extraction_id = known.extraction_id
)

select {{ described_columns() }}
from known
union all
select
    compared.article_id,
    compared.previous_extraction_id,
    compared.extraction_id,
    compared.headline.words_removed + compared.headline.words_added > 0 as headline_reworded,
    compared.lead.words_removed + compared.lead.words_added > 0 as lead_reworded,
    compared.text.words_before,
    compared.text.words_after,
    compared.text.words_removed,
    compared.text.words_added,
    list_concat(compared.headline.changes, compared.lead.changes, compared.text.changes) as word_diff,
    '{{ compared_by }}' as compared_by
from compared
