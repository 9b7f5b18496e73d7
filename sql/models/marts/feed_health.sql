-- feed_health: one row per feed, with the results of its polls
with polls as (
    -- polls of the sitemaps that an index names are part of the index's poll
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
        gap_from,
        gap_to,
        list_contains(warnings, 'lying_304') as lied,
        outcome in ('ok', 'moved', 'not_modified') as succeeded,
        outcome in ('ok', 'moved') as was_read,
        max(occurred_at) over () as data_until,
        min(occurred_at) filter (where outcome in ('ok', 'moved')) over (partition by source_id, feed_url)
            as first_read_at
    from {{ source('events', 'feed_polled') }}
    where caused_by is null and outcome != 'put_off'
),

totals as (
    select
        source_id,
        feed_url,
        count(*) as polls,
        max(occurred_at) filter (where succeeded) as last_success_at,
        max(occurred_at) filter (where new_items > 0) as last_new_item_at,
        count(*) filter (where not overlap) as gaps,
        median(items) filter (where was_read and occurred_at >= data_until - interval 90 days) as median_items,
        coalesce(bool_or(lied) filter (where occurred_at >= data_until - interval 90 days), false) as lying_304,
        -- the first poll that was read brings items of earlier days
        sum(new_items) filter (where occurred_at > first_read_at and occurred_at > data_until - interval 7 days)
            as new_items_lately,
        least(epoch(any_value(data_until) - any_value(first_read_at)) / 86400, 7) as days_lately
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
    where was_read
    qualify row_number() over (partition by source_id, feed_url order by occurred_at desc, position desc) = 1
),

last_gaps as (
    select
        source_id,
        feed_url,
        gap_from,
        gap_to
    from polls
    where not overlap
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
),

same as (
    select
        source_id,
        feed_url,
        min_by(other_feed_url, (other_source_id != source_id, other_source_id, other_feed_url)) as other_feed_url
    from {{ ref('same_feeds') }}
    group by source_id, feed_url
)

select
    source_id,
    feed_url,
    last_polls.occurred_at as last_polled_at,
    last_polls.outcome as last_outcome,
    last_polls.reason as last_reason,
    last_polls.status as last_status,
    last_polls.outcome = 'gone' as retired,
    totals.polls,
    coalesce(failures.failures_in_a_row, 0) as failures_in_a_row,
    totals.last_success_at,
    last_reads.items as last_items,
    last_reads.new_items as last_new_items,
    totals.last_new_item_at,
    totals.median_items,
    if(totals.days_lately >= 1, coalesce(totals.new_items_lately, 0) / totals.days_lately, null) as new_items_per_day,
    totals.gaps,
    last_gaps.gap_from as last_gap_from,
    last_gaps.gap_to as last_gap_to,
    totals.lying_304,
    same.other_feed_url as same_as
from totals
inner join last_polls using (source_id, feed_url)
left join last_reads using (source_id, feed_url)
left join last_gaps using (source_id, feed_url)
left join failures using (source_id, feed_url)
left join same using (source_id, feed_url)
