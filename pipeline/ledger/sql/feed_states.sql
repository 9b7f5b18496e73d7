-- What the last polls of each feed left for the next conditional request.
select
    feed_url,
    max_by(coalesce(etag, ''), position) filter (where outcome in ('ok', 'moved')) as etag,
    max_by(coalesce(last_modified, ''), position) filter (where outcome in ('ok', 'moved')) as last_modified,
    max_by(warc_payload_digest, position) filter (where warc_type = 'response') as warc_payload_digest,
    max_by(final_url, position) filter (where warc_type = 'response') as final_url,
    max_by(occurred_at, position) filter (where warc_type = 'response') as captured_at,
    count(*) filter (where outcome in ('ok', 'not_modified', 'moved')) as successes
from ledger.feed_polled
where source_id = $source_id and occurred_at >= $recall_start
group by feed_url
