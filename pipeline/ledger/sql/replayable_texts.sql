-- Extractions by the newest extractor, of these articles' payloads and those captured in the interval, that the
-- annotator has not read; only of payloads that the run itself has captured, if one is given.
with captured as (
    select distinct article_id, payload_digest
    from ledger.article_captured
    where
        occurred_at >= $recall_start
        and (occurred_at >= $start and occurred_at < $end or article_id in (select unnest($article_ids)))
        and list_contains($source_ids, source_id)
        and ($run_id is null or run_id = $run_id)
),

extractions as (
    select event_id, article_id, source_id, payload_digest, text, language, headline, lead, blocks, position
    from ledger.article_extracted
    where producer = $extract_producer and occurred_at >= $recall_start
),

-- what the extractor has taken back
refused as (
    select article_id, payload_digest
    from ledger.extraction_failed
    where producer = $extract_producer and occurred_at >= $recall_start
),

annotated as (
    select caused_by as event_id
    from ledger.article_annotated
    where producer = $producer and occurred_at >= $recall_start
)

select
    extractions.event_id as extraction_id,
    extractions.article_id,
    extractions.source_id,
    extractions.text,
    extractions.language,
    extractions.headline as title,
    extractions.lead,
    extractions.blocks
from extractions
semi join captured using (article_id, payload_digest)
anti join refused using (article_id, payload_digest)
anti join annotated using (event_id)
order by extractions.position
