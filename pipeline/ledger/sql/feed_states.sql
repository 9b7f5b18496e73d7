-- What the last polls of each feed left for the next conditional request.
select
    feed_url,
    max_by(etag, position) filter (where outcome = 'ok') as etag,
    max_by(last_modified, position) filter (where outcome = 'ok') as last_modified,
    count(*) filter (where outcome in ('ok', 'not_modified', 'moved')) as successes
from ledger.feed_polled
where source_id = $source_id and occurred_at >= $recall_start
group by feed_url
