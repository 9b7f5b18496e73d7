-- The new items that the polls of the day found, in the order of the polls.
with polls as (
    -- items of a sitemap that an index names are those of the index's poll
    select
        event_id,
        coalesce(caused_by, event_id) as feed_poll
    from events.feed_polled
    where source_id = $source_id
)

select
    feed_polls.position as poll,
    feed_polls.occurred_at,
    feed_polls.feed_url,
    items.article_id,
    items.title,
    items.url
from events.feed_polled as feed_polls
inner join polls on feed_polls.event_id = polls.feed_poll
inner join events.item_discovered as items on polls.event_id = items.caused_by
where
    feed_polls.source_id = $source_id
    and main.utc_day(feed_polls.occurred_at) = $day
    and ($only_place is null or concat('items-', feed_polls.position) = $only_place)
    and items.supersedes is null
order by feed_polls.occurred_at, feed_polls.position, items.position
limit $row_limit
