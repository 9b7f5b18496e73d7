-- The last poll of every feed in sources.toml, now or earlier. Polls that were put off do not count.
with polls as (
    select
        source_id,
        feed_url,
        occurred_at,
        outcome,
        reason,
        new_items,
        outcome in ('ok', 'not_modified', 'moved') as succeeded,
        row_number() over (partition by source_id, feed_url order by position desc) as poll_no
    from ledger.feed_polled
    where caused_by is null and outcome != 'put_off'
)

select
    source_id,
    feed_url,
    max(occurred_at) as last_polled_at,
    max(occurred_at) filter (where succeeded) as last_success_at,
    any_value(succeeded) filter (where poll_no = 1) as is_read,
    any_value(outcome = 'gone') filter (where poll_no = 1) as is_retired,
    any_value(reason) filter (where poll_no = 1) as reason,
    coalesce(max(occurred_at) filter (where new_items > 0), min(occurred_at)) as last_new_at
from polls
group by source_id, feed_url
order by source_id, feed_url
