-- Readings of captures of the interval that have at most half the words of an earlier reading of the same page,
-- each with the longest of these.
with captures as (
    select
        article_id,
        payload_digest,
        arg_min(source_id, captured_at) as source_id,
        arg_min(url, captured_at) as url,
        arg_min(event_id, captured_at) as capture_id,
        min(captured_at) as captured_at,
        bool_or(
            occurred_at >= $start and occurred_at < $end
            or recorded_at >= $start and recorded_at < $end
        ) as is_of_interval
    from ledger.article_captured
    where occurred_at >= $recall_start and via != 'feed'
    group by article_id, payload_digest
),

readings as (
    select
        captures.*,
        extracted.event_id as extraction_id,
        extracted.lead,
        extracted.text,
        extracted.access,
        extracted.word_count
    from ledger.article_extracted as extracted
    inner join captures using (article_id, payload_digest)
    where extracted.producer = $producer and extracted.occurred_at >= $recall_start
),

refused as (
    select
        article_id,
        payload_digest
    from ledger.extraction_failed
    where producer = $producer and occurred_at >= $recall_start
),

walls as (
    select distinct caused_by as extraction_id
    from ledger.boilerplate_stripped
    where kind = 'paywall' and producer = $producer and occurred_at >= $recall_start
)

select
    later.article_id,
    later.source_id,
    later.url,
    later.capture_id,
    later.payload_digest,
    later.text,
    later.access != 'open' or walls.extraction_id is not null as is_restricted,
    concat_ws(' ', earlier.lead, earlier.text) as earlier_text
from readings as later
inner join readings as earlier
    on
        later.article_id = earlier.article_id
        and later.captured_at > earlier.captured_at
        and later.word_count * 2 <= earlier.word_count
left join walls on later.extraction_id = walls.extraction_id
anti join refused on later.article_id = refused.article_id and later.payload_digest = refused.payload_digest
where later.is_of_interval
qualify
    row_number() over (
        partition by later.article_id, later.payload_digest order by earlier.word_count desc, earlier.captured_at
    ) = 1
order by later.article_id, later.payload_digest
