-- feed_health: one row per feed, how its polls went
with polls as (
    select
        source_id,
        feed_url,
        occurred_at,
        position,
        outcome,
        reason,
        status,
        items,
        new_items,
        overlap,
        items is not null or outcome = 'not_modified' as succeeded
    from {{ ref('feed_polled') }}
),

totals as (
    select
        source_id,
        feed_url,
        count(*) as polls,
        max(occurred_at) filter (where succeeded) as last_success_at,
        max(occurred_at) filter (where new_items > 0) as last_new_item_at,
        count(*) filter (where not overlap) as gaps
    from polls
    group by source_id, feed_url
),

last_polls as (
    select
        source_id,
        feed_url,
        occurred_at,
        outcome,
        reason,
        status
    from polls
    qualify row_number() over (partition by source_id, feed_url order by occurred_at desc, position desc) = 1
),

last_reads as (
    select
        source_id,
        feed_url,
        items,
        new_items
    from polls
    where items is not null
    qualify row_number() over (partition by source_id, feed_url order by occurred_at desc, position desc) = 1
),

failures as (
    select
        polls.source_id,
        polls.feed_url,
        count(*) as failures_in_a_row
    from polls
    inner join totals on polls.source_id = totals.source_id and polls.feed_url = totals.feed_url
    where
        not polls.succeeded
        and (totals.last_success_at is null or polls.occurred_at > totals.last_success_at)
    group by polls.source_id, polls.feed_url
)

select
    source_id,
    feed_url,
    last_polls.occurred_at as last_polled_at,
    last_polls.outcome as last_outcome,
    last_polls.reason as last_reason,
    last_polls.status as last_status,
    totals.polls,
    coalesce(failures.failures_in_a_row, 0) as failures_in_a_row,
    totals.last_success_at,
    last_reads.items as last_items,
    last_reads.new_items as last_new_items,
    totals.last_new_item_at,
    totals.gaps
from totals
inner join last_polls using (source_id, feed_url)
left join last_reads using (source_id, feed_url)
left join failures using (source_id, feed_url)
