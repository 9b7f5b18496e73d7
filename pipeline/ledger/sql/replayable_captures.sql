-- Payloads of these articles, and those captured in the interval, that the producer has not read, each once, at the
-- record that holds its bytes; only those that the run itself has captured, if one is given.
with captured as (
    select distinct article_id, payload_digest
    from ledger.article_captured
    anti join ledger.article_redacted using (article_id)
    where
        occurred_at >= $recall_start
        and (occurred_at >= $start and occurred_at < $end or article_id in (select unnest($article_ids)))
        and list_contains($source_ids, source_id)
        and ($run_id is null or run_id = $run_id)
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
)

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
    warc_length
from ledger.article_captured
semi join pending using (article_id, payload_digest)
where warc_type in ('response', 'resource') and occurred_at >= $recall_start
qualify row_number() over (partition by article_id, payload_digest order by position) = 1
order by position
