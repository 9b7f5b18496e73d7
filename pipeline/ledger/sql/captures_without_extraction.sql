-- Payloads captured in the interval that the producer has not read, each once, at the record that holds its bytes.
with captured as (
    select distinct article_id, payload_digest
    from ledger.article_captured
    anti join ledger.article_redacted using (article_id)
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
        event_id as capture_id,
        article_id,
        source_id,
        final_url as url,
        content_type,
        captured_at,
        payload_digest,
        warc_file,
        warc_offset,
        warc_length,
        position
    from ledger.article_captured
    semi join pending using (article_id, payload_digest)
    where warc_type in ('response', 'resource') and occurred_at >= $recall_start
    qualify row_number() over (partition by article_id, payload_digest order by position) = 1
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
