-- The last poll of every feed in sources.toml, now or earlier. Polls that were put off do not count.
with polls as (
    select
        source_id,
        feed_url,
        event_id,
        occurred_at,
        outcome,
        reason,
        new_items,
        outcome in ('ok', 'not_modified', 'moved') as succeeded,
        row_number() over (partition by source_id, feed_url order by position desc) as poll_no
    from ledger.feed_polled
    where caused_by is null and outcome != 'put_off'
),

first_reads as (
    -- To the first poll that read a feed, all its items are new, whatever their age.
    select
        source_id,
        feed_url,
        event_id,
        occurred_at
    from polls
    where new_items > 0
    qualify row_number() over (partition by source_id, feed_url order by poll_no desc) = 1
),

first_items as (
    select
        first_reads.source_id,
        first_reads.feed_url,
        max(coalesce(items.published_at, items.updated_at, first_reads.occurred_at)) as newest_at
    from first_reads
    inner join ledger.item_discovered as items on first_reads.event_id = items.caused_by
    group by all
)

select
    polls.source_id,
    polls.feed_url,
    max(polls.occurred_at) as last_polled_at,
    max(polls.occurred_at) filter (where polls.succeeded) as last_success_at,
    any_value(polls.succeeded) filter (where polls.poll_no = 1) as is_read,
    any_value(polls.outcome = 'gone') filter (where polls.poll_no = 1) as is_retired,
    any_value(polls.reason) filter (where polls.poll_no = 1) as reason,
    coalesce(
        max(polls.occurred_at) filter (where polls.new_items > 0 and first_reads.event_id is null),
        any_value(first_items.newest_at),
        min(polls.occurred_at)
    ) as last_new_at
from polls
left join first_reads on polls.event_id = first_reads.event_id
left join first_items on polls.source_id = first_items.source_id and polls.feed_url = first_items.feed_url
group by polls.source_id, polls.feed_url
order by polls.source_id, polls.feed_url
