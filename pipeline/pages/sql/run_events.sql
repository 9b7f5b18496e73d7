-- What the run recorded, in the order of the ledger: at most the first events of each kind.
with recorded as (
    (
        select
            'poll' as what,
            position,
            occurred_at,
            source_id,
            feed_url as url,
            outcome,
            status,
            reason,
            detail,
            new_items
        from events.feed_polled
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'item' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            title
        from events.item_discovered
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'capture' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            via,
            status,
            content_type
        from events.article_captured
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'failure' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            status,
            reason,
            detail
        from events.capture_failed
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'revisit' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            outcome,
            status,
            reason,
            detail
        from events.article_revisited
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'extraction' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            headline as title
        from events.article_extracted
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all by name
    (
        select
            'annotation' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            failure as reason,
            quotes,
            mentions
        from events.article_annotated
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
)

select
    recorded.what,
    recorded.position,
    recorded.occurred_at,
    recorded.source_id,
    article_addresses.article_id,
    coalesce(recorded.url, article_addresses.url) as url,
    recorded.title,
    recorded.via,
    recorded.outcome,
    null as evidence,
    recorded.status,
    recorded.content_type,
    recorded.reason,
    recorded.detail,
    recorded.new_items,
    recorded.quotes,
    recorded.mentions
from recorded
left join article_addresses on recorded.article_id = article_addresses.address_id
order by
    list_position(['poll', 'item', 'capture', 'failure', 'revisit', 'extraction', 'annotation'], recorded.what),
    recorded.position
