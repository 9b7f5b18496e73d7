-- The earliest response with each payload of the articles. Revisit records refer to it.
select
    article_id,
    warc_payload_digest,
    min_by(final_url, position) as url,
    min(captured_at) as captured_at
from ledger.article_captured
where
    article_id in (select unnest($article_ids))
    and occurred_at >= $recall_start and warc_type = 'response' and via = 'live'
group by article_id, warc_payload_digest
