-- Payloads captured in the interval that the producer has not seen, each once, at the record that holds its bytes.
with captured as (
    select distinct article_id, payload_digest
    from ledger.article_captured
    where occurred_at >= $start and occurred_at < $end
),

seen as (
    select article_id, payload_digest
    from ledger.article_extracted
    where producer = $producer and occurred_at >= $recall_start
    union all
    select article_id, payload_digest
    from ledger.extraction_failed
    where producer = $producer and occurred_at >= $recall_start
),

pending as (
    select article_id, payload_digest
    from captured
    anti join seen using (article_id, payload_digest)
),

originals as (
    select
        article_id,
        payload_digest,
        min_by(event_id, position) as capture_id,
        min_by(source_id, position) as source_id,
        min_by(final_url, position) as url,
        min_by(content_type, position) as content_type,
        min_by(captured_at, position) as captured_at,
        min_by(warc_file, position) as warc_file,
        min_by(warc_offset, position) as warc_offset,
        min_by(warc_length, position) as warc_length,
        min(position) as position
    from ledger.article_captured
    semi join pending using (article_id, payload_digest)
    where warc_type = 'response' and occurred_at >= $recall_start
    group by article_id, payload_digest
)

select
    capture_id,
    article_id,
    source_id,
    url,
    content_type,
    captured_at,
    payload_digest,
    warc_file,
    warc_offset,
    warc_length
from originals
order by position
