-- article_sightings: one row per time an article was seen as it was captured, and how it differs from the time before
{{ config(materialized='incremental', unique_key='article_id') }}
with revisits as (
    -- a revisit that found the page unchanged saw the content of its last capture
    select
        captures.article_id,
        captures.address_id,
        captures.event_id as capture_id,
        captures.payload_digest,
        captures.via,
        revisits.occurred_at as seen_at,
        revisits.position,
        false as is_capture
    from {{ of_articles('article_revisited') }} as revisits
    inner join {{ of_articles('article_captured') }} as captures
        on revisits.capture_id = captures.event_id and revisits.article_id = captures.article_id
    where revisits.outcome = 'unchanged'
),

captures as (
    select
        article_id,
        address_id,
        event_id as capture_id,
        payload_digest,
        via,
        captured_at as seen_at,
        position,
        true as is_capture
    from {{ of_articles('article_captured') }}
),

readable as (
    select
        seen.article_id,
        seen.capture_id,
        seen.payload_digest,
        seen.via,
        seen.seen_at,
        seen.position,
        seen.is_capture,
        verdicts.extraction_id
    from (
        select * from captures
        union all
        select * from revisits
    ) as seen
    inner join {{ ref('current_extractions') }} as verdicts
        on seen.article_id = verdicts.article_id and seen.payload_digest = verdicts.payload_digest
    left join {{ ref('article_addresses') }} as addresses on seen.address_id = addresses.address_id
    where verdicts.extraction_id is not null
    -- The feed's own text is used only until a page can be read, and another form of the page, such as AMP, only until
    -- the page itself can be read. A difference between the two is no change of the article.
    qualify
        dense_rank() over (
            partition by seen.article_id order by seen.via = 'feed', coalesce(addresses.is_variant, false)
        ) = 1
),

in_time as (
    select
        article_id,
        row_number() over neighbours as sighting_no,
        capture_id,
        payload_digest,
        via,
        seen_at,
        is_capture,
        extraction_id,
        lag(payload_digest) over neighbours as previous_payload_digest,
        lag(extraction_id) over neighbours as previous_extraction_id
    from readable
    window neighbours as (partition by article_id order by seen_at, position)
),

readers_of_both as (
    -- two pages are compared as read by the newest producer that has read both
    select
        in_time.article_id,
        in_time.sighting_no,
        arg_max(before.event_id, {{ producer_number('after.producer') }}) as previous_extraction_id,
        arg_max(after.event_id, {{ producer_number('after.producer') }}) as extraction_id
    from in_time
    inner join {{ of_articles('article_extracted') }} as before
        on in_time.article_id = before.article_id and in_time.previous_payload_digest = before.payload_digest
    inner join {{ of_articles('article_extracted') }} as after
        on
            in_time.article_id = after.article_id and in_time.payload_digest = after.payload_digest
            and before.producer = after.producer
    where in_time.previous_payload_digest != in_time.payload_digest
    group by in_time.article_id, in_time.sighting_no
),

pairs as (
    select
        in_time.article_id,
        in_time.sighting_no,
        in_time.capture_id,
        in_time.via,
        in_time.seen_at,
        in_time.is_capture,
        in_time.extraction_id,
        coalesce(common.extraction_id, in_time.extraction_id) as compared_extraction_id,
        coalesce(common.previous_extraction_id, in_time.previous_extraction_id) as previous_extraction_id,
        in_time.previous_payload_digest != in_time.payload_digest and common.extraction_id is null
            as producer_changed
    from in_time
    left join readers_of_both as common
        on in_time.article_id = common.article_id and in_time.sighting_no = common.sighting_no
)

select
    pairs.article_id,
    pairs.sighting_no,
    pairs.capture_id,
    pairs.via,
    pairs.seen_at,
    pairs.is_capture,
    pairs.extraction_id,
    pairs.compared_extraction_id,
    pairs.previous_extraction_id,
    coalesce(pairs.producer_changed, false) as producer_changed,
    (
        pairs.sighting_no = 1
        or (readings.text_digest is distinct from previous_readings.text_digest)
        or (readings.correction is distinct from previous_readings.correction)
    ) as begins_revision
from pairs
left join {{ of_articles('article_extracted') }} as readings on pairs.compared_extraction_id = readings.event_id
left join {{ of_articles('article_extracted') }} as previous_readings
    on pairs.previous_extraction_id = previous_readings.event_id
