-- What each feed of the sources last said about every item it has contained lately.
select
    source_id,
    feed_url,
    guid,
    max_by(event_id, position) as event_id,
    max_by(said_digest, position) as said_digest
from ledger.item_discovered
where list_contains($source_ids, source_id) and occurred_at >= $recall_start and via = 'live'
group by source_id, feed_url, guid
