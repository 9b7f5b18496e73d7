-- revisions_without_text: one row per distinct reading of an article in time; from A to B and back to A makes three
{{ config(materialized='incremental', schema='parts', unique_key='article_id') }}
with numbered as (
    select
        *,
        cast(
            sum(cast(begins_revision as integer)) over (partition by article_id order by sighting_no) as bigint
        ) as revision_no
    from {{ written(ref('article_sightings')) }}
),

spans as (
    -- if several producers have extracted a revision, the newest one's extraction counts; of several extractions by
    -- this producer, the first. arg_min_null also keeps a null of the first sighting
    select
        numbered.article_id,
        numbered.revision_no,
        min(numbered.seen_at) as captured_at,
        max(numbered.seen_at) as last_seen_at,
        cast(count_if(numbered.is_capture) as bigint) as captures,
        arg_min(numbered.capture_id, numbered.sighting_no) as capture_id,
        arg_max(numbered.via, numbered.sighting_no) as via,
        arg_max(numbered.extraction_id, numbered.sighting_no) as last_extraction_id,
        arg_max(
            numbered.extraction_id, struct_pack(n := {{ producer_number('read.producer') }}, f := -numbered.sighting_no)
        ) as extraction_id,
        arg_min_null(numbered.compared_extraction_id, numbered.sighting_no) as compared_extraction_id,
        arg_min_null(numbered.previous_extraction_id, numbered.sighting_no) as previous_extraction_id,
        arg_min_null(numbered.producer_changed, numbered.sighting_no) as producer_changed
    from numbered
    inner join {{ of_articles('article_extracted') }} as read on numbered.extraction_id = read.event_id
    group by numbered.article_id, numbered.revision_no
),

compared as (
    -- joins of digests instead of texts, which would need gigabytes of memory
    select
        event_id,
        headline,
        lead,
        correction,
        md5_number(text) as text_digest
    from {{ of_articles('article_extracted') }}
),

changes as (
    select
        spans.article_id,
        spans.revision_no,
        before.headline as previous_headline,
        (after.headline is distinct from before.headline) as headline_changed,
        (after.lead is distinct from before.lead) as lead_changed,
        (after.text_digest is distinct from before.text_digest) as text_changed,
        (after.correction is distinct from before.correction) as correction_changed,
        list_concat(
            if(words.headline_reworded, ['headline'], []),
            if(words.lead_reworded, ['lead'], []),
            if(after.correction is distinct from before.correction, ['correction'], []),
            if(words.words_removed + words.words_added > 0, ['substance'], [])
        ) as kinds,
        words.words_removed,
        words.words_added,
        words.words_removed + words.words_added as words_changed,
        words.words_before + words.words_after as words_in_both,
        words.word_diff
    from spans
    left join compared as after on spans.compared_extraction_id = after.event_id
    left join compared as before on spans.previous_extraction_id = before.event_id
    left join {{ written(ref('word_changes')) }} as words
        on
            spans.previous_extraction_id = words.previous_extraction_id
            and spans.compared_extraction_id = words.extraction_id
    where spans.revision_no > 1
),

revisions as (
    -- fields in which two captures of one revision may differ are taken from the last capture
    select
        readings.* exclude (url, kicker, authors, published_at, modified_at, section, access), -- noqa: RF02
        readings.position as extraction_position,
        last_readings.url,
        last_readings.kicker,
        last_readings.authors,
        last_readings.published_at,
        last_readings.modified_at,
        last_readings.section,
        last_readings.access,
        spans.revision_no,
        spans.via,
        spans.captured_at,
        spans.last_seen_at,
        spans.captures,
        spans.producer_changed,
        spans.extraction_id,
        spans.capture_id,
        changes.previous_headline,
        changes.words_removed,
        changes.words_added,
        changes.word_diff,
        coalesce(changes.headline_changed, false) as headline_changed,
        coalesce(changes.lead_changed, false) as lead_changed,
        coalesce(changes.text_changed, false) as text_changed,
        coalesce(changes.correction_changed, false) as correction_changed,
        case
            when spans.revision_no = 1 then []
            when spans.producer_changed then ['reader']
            when changes.kinds = [] then ['cosmetic']
            else changes.kinds
        end as change_kinds,
        changes.words_changed / nullif(changes.words_in_both, 0) as changed_share
    from spans
    inner join {{ of_articles('article_extracted') }} as readings on spans.extraction_id = readings.event_id
    inner join {{ of_articles('article_extracted') }} as last_readings
        on spans.last_extraction_id = last_readings.event_id
    left join changes on spans.article_id = changes.article_id and spans.revision_no = changes.revision_no
)

select {{ described_columns('article_revisions', without='text') }}, extraction_position
from revisions
