-- article_revisions: one row per distinct reading of an article in time; from A to B and back to A are three
with pages_read as (
    select distinct captures.article_id
    from {{ ref('article_captured') }} as captures
    inner join {{ ref('current_extractions') }} as verdicts
        on captures.article_id = verdicts.article_id and captures.payload_digest = verdicts.payload_digest
    where captures.via != 'feed' and verdicts.extraction_id is not null
),

readings as (
    -- the feed's own text stands in only until a page can be read: what differs between them no outlet has changed
    select
        captures.article_id,
        captures.event_id as capture_id,
        captures.captured_at,
        captures.via,
        captures.position as capture_position,
        extractions.event_id as extraction_id,
        extractions.producer,
        extractions.source_id,
        extractions.url,
        extractions.payload_digest,
        extractions.kicker,
        extractions.headline,
        extractions.lead,
        extractions.text,
        extractions.authors,
        extractions.published_at,
        extractions.modified_at,
        extractions.language,
        extractions.section,
        extractions.access,
        extractions.correction,
        extractions.word_count,
        extractions.text_digest
    from {{ ref('article_captured') }} as captures
    inner join {{ ref('current_extractions') }} as verdicts
        on captures.article_id = verdicts.article_id and captures.payload_digest = verdicts.payload_digest
    inner join {{ ref('article_extracted') }} as extractions on verdicts.extraction_id = extractions.event_id
    where captures.via != 'feed' or captures.article_id not in (select pages_read.article_id from pages_read)
),

neighbours as (
    select
        capture_id,
        article_id,
        captured_at,
        text_digest,
        correction,
        row_number() over in_time as reading_no,
        lag(text_digest) over in_time as text_digest_before,
        lag(correction) over in_time as correction_before,
        lag(producer) over in_time as producer_before
    from readings
    window in_time as (partition by article_id order by captured_at, capture_position)
),

numbered as (
    select
        capture_id,
        article_id,
        captured_at,
        reading_no,
        producer_before,
        sum(
            case
                when reading_no = 1 then 1
                when text_digest is distinct from text_digest_before then 1
                when correction is distinct from correction_before then 1
                else 0
            end
        ) over (partition by article_id order by reading_no) as revision_no
    from neighbours
),

spans as (
    select
        article_id,
        cast(revision_no as bigint) as revision_no,
        min(captured_at) as captured_at,
        max(captured_at) as last_seen_at,
        count(*) as captures,
        arg_min(capture_id, reading_no) as first_capture_id,
        arg_max(capture_id, reading_no) as last_capture_id
    from numbered
    group by article_id, revision_no
),

first_readings as (
    select
        spans.article_id,
        spans.revision_no,
        readings.capture_id,
        readings.extraction_id,
        readings.payload_digest,
        readings.producer,
        numbered.producer_before
    from spans
    inner join readings on spans.first_capture_id = readings.capture_id
    inner join numbered on spans.first_capture_id = numbered.capture_id
),

last_readings as (
    select
        spans.article_id,
        spans.revision_no,
        readings.source_id,
        readings.url,
        readings.via,
        readings.kicker,
        readings.headline,
        readings.lead,
        readings.text,
        readings.authors,
        readings.published_at,
        readings.modified_at,
        readings.language,
        readings.section,
        readings.access,
        readings.correction,
        readings.word_count,
        readings.text_digest
    from spans
    inner join readings on spans.last_capture_id = readings.capture_id
),

revisions_before as (
    select
        article_id,
        revision_no + 1 as revision_no,
        headline,
        lead,
        text,
        correction
    from last_readings
)

select
    article_id,
    revision_no,
    last_readings.source_id,
    last_readings.url,
    last_readings.via,
    spans.captured_at,
    spans.last_seen_at,
    spans.captures,
    last_readings.kicker,
    last_readings.headline,
    last_readings.lead,
    last_readings.text,
    last_readings.authors,
    last_readings.published_at,
    last_readings.modified_at,
    last_readings.language,
    last_readings.section,
    last_readings.access,
    last_readings.correction,
    last_readings.word_count,
    last_readings.text_digest,
    revisions_before.headline as previous_headline,
    revision_no > 1 and (last_readings.headline is distinct from revisions_before.headline) as headline_changed,
    revision_no > 1 and (last_readings.lead is distinct from revisions_before.lead) as lead_changed,
    revision_no > 1 and (last_readings.text is distinct from revisions_before.text) as text_changed,
    revision_no > 1 and (last_readings.correction is distinct from revisions_before.correction) as correction_changed,
    revision_no > 1 and first_readings.producer != first_readings.producer_before as producer_changed,
    first_readings.producer,
    first_readings.payload_digest,
    first_readings.extraction_id,
    first_readings.capture_id
from spans
inner join first_readings using (article_id, revision_no)
inner join last_readings using (article_id, revision_no)
left join revisions_before using (article_id, revision_no)
