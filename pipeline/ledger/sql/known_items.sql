-- What each feed of the sources last said about every item it has contained lately.
select
    source_id,
    feed_url,
    guid,
    max_by(event_id, position) as event_id,
    max_by(said_digest, position) as said_digest,
    max_by(article_id, position) as article_id,
    max_by(url, position) as url,
    arg_max_null(title, position) as title,
    arg_max_null(published_at, position) as published_at,
    min(occurred_at) as first_seen_at,
    arg_max_null(
        case
            when producer in ('poll@1', 'poll@2')
                then
                    { 'summary': summary, 'published_raw': published_raw, 'updated_at': updated_at }
        end,
        position
    ) as earlier
from ledger.item_discovered
where list_contains($source_ids, source_id) and occurred_at >= $recall_start and via = 'live'
group by source_id, feed_url, guid
