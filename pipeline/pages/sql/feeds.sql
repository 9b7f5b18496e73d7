-- The feeds, those that fail first.
select
    source_id,
    feed_url,
    md5(feed_url) as feed_key,
    last_polled_at,
    last_success_at,
    last_reason,
    last_status,
    retired,
    failures_in_a_row,
    last_new_item_at,
    new_items_per_day,
    median_items,
    gaps,
    same_as
from feed_health
where $only_source is null or source_id = $only_source
order by failures_in_a_row desc, source_id asc, feed_url asc
limit $row_limit
