-- What the run recorded, in the order of the ledger: at most the first events of each kind.
with recorded as (
    (
        select
            'poll' as what,
            position,
            occurred_at,
            source_id,
            null as article_id,
            feed_url as url,
            concat_ws(' · ', outcome, reason, new_items || ' new') as detail
        from events.feed_polled
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'item' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            title as detail
        from events.item_discovered
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'capture' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            concat_ws(' · ', via, status, content_type) as detail
        from events.article_captured
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'failure' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            concat_ws(' · ', reason, detail) as detail
        from events.capture_failed
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'revisit' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            concat_ws(' · ', outcome, status, reason) as detail
        from events.article_revisited
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'extraction' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            url,
            headline as detail
        from events.article_extracted
        where run_id = $run_id and ($only_source is null or source_id = $only_source)
        order by position
        limit $event_limit
    )
    union all
    (
        select
            'annotation' as what,
            position,
            occurred_at,
            source_id,
            article_id,
            null as url,
            coalesce(failure, concat_ws(' · ', quotes || ' quotes', mentions || ' mentions')) as detail
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
    recorded.detail
from recorded
left join article_addresses on recorded.article_id = article_addresses.address_id
order by
    list_position(['poll', 'item', 'capture', 'failure', 'revisit', 'extraction', 'annotation'], recorded.what),
    recorded.position
