-- What each feed of the source said last of every item it has had lately.
select
    feed_url,
    guid,
    max_by(event_id, position) as event_id,
    max_by(said_digest, position) as said_digest
from ledger.item_discovered
where source_id = $source_id and occurred_at >= $recall_start and via = 'live'
group by feed_url, guid
