-- The source's feeds, those that fail first.
select
    source_id,
    feed_url,
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
where source_id = $source_id
order by failures_in_a_row desc, feed_url asc
limit $row_limit
