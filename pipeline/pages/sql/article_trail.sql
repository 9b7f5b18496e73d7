-- Every event about the article in the order of the ledger, with the places of its records in the archive.
with addresses as (
    select address_id
    from article_addresses
    where article_id = $article_id
),

trail as (
    select
        position,
        occurred_at,
        'item_discovered' as event_type,
        producer,
        run_id,
        title,
        feed_url as url
    from events.item_discovered
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'article_captured' as event_type,
        producer,
        run_id,
        via,
        status,
        content_type,
        final_url as url,
        warc_file,
        warc_offset,
        warc_length
    from events.article_captured
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'capture_failed' as event_type,
        producer,
        run_id,
        status,
        reason,
        detail,
        url
    from events.capture_failed
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'article_extracted' as event_type,
        producer,
        run_id,
        headline as title,
        url
    from events.article_extracted
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'extraction_failed' as event_type,
        producer,
        run_id,
        reason,
        detail,
        url
    from events.extraction_failed
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'article_annotated' as event_type,
        producer,
        run_id,
        failure as reason,
        quotes,
        mentions
    from events.article_annotated
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'article_revisited' as event_type,
        producer,
        run_id,
        outcome,
        status,
        reason,
        detail,
        url,
        warc_file,
        warc_offset,
        warc_length
    from events.article_revisited
    where article_id in (select addresses.address_id from addresses)
    union all by name
    select
        position,
        occurred_at,
        'addresses_joined' as event_type,
        producer,
        run_id,
        evidence,
        detail,
        other_url as url
    from events.addresses_joined
    where article_id in (select addresses.address_id from addresses)
)

select
    position,
    occurred_at,
    event_type,
    producer,
    run_id,
    title,
    via,
    outcome,
    evidence,
    status,
    content_type,
    reason,
    detail,
    quotes,
    mentions,
    url,
    warc_file,
    warc_offset,
    warc_length
from trail
order by position
