-- The last poll of each feed.
select
    source_id,
    feed_url,
    last_polled_at,
    last_success_at,
    failures_in_a_row = 0 and not retired as is_read,
    retired as is_retired,
    last_reason as reason,
    last_new_item_at as last_new_at
from feed_health
order by source_id, feed_url
