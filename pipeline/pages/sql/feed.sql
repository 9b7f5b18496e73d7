-- What the polls of the feed have brought.
select
    feed_url,
    failures_in_a_row,
    new_items_per_day,
    median_items,
    gaps
from feed_health
where source_id = $source_id and md5(feed_url) = $feed_key
