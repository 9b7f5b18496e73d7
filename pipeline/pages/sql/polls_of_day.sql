-- The polls of the source's feeds on the day.
select
    position,
    occurred_at,
    feed_url,
    outcome,
    status,
    reason,
    detail,
    items,
    new_items,
    overlap,
    gap_from,
    gap_to,
    warc_file is not null as has_record
from events.feed_polled
where source_id = $source_id and main.utc_day(occurred_at) = $day and caused_by is null
order by occurred_at, feed_url, position
limit $row_limit
