-- feed_days: one row per feed and day (UTC) on which it was polled, with the results of that day's polls
{{ config(
    materialized='incremental', unique_key=['source_id', 'feed_url', 'day'], meta={'touched': 'touched_feed_days'}
) }}
with polls as (
    select
        source_id,
        feed_url,
        cast(occurred_at at time zone 'UTC' as date) as day,
        occurred_at,
        caused_by is null as is_of_feed,
        outcome,
        reason,
        status,
        items,
        new_items,
        items_dropped,
        gap_from,
        gap_to,
        coalesce(not overlap, false) as is_gap,
        outcome in ('ok', 'moved', 'not_modified') as succeeded,
        outcome in ('ok', 'moved') as was_read,
        struct_pack(polled_at := occurred_at, number := position) as place,
        max(occurred_at) filter (where caused_by is null and outcome in ('ok', 'moved', 'not_modified'))
            over (partition by source_id, feed_url, cast(occurred_at at time zone 'UTC' as date))
            as last_success_at
    from {{ source('events', 'feed_polled') }}
    where
        outcome != 'put_off'
        and (source_id, feed_url, cast(occurred_at at time zone 'UTC' as date))
        in (from {{ ref('touched_feed_days') }})
),

summed_up as (
    select
        source_id,
        feed_url,
        day,
        count(*) filter (where is_of_feed) as polls,
        count(*) filter (where is_of_feed and not succeeded) as polls_failed,
        count(*) filter (
            where is_of_feed and not succeeded and (last_success_at is null or occurred_at > last_success_at)
        ) as failed_since_success,
        max(last_success_at) as last_success_at,
        min(occurred_at) filter (where is_of_feed and was_read) as first_read_at,
        arg_max(
            struct_pack(occurred_at := occurred_at, outcome := outcome, reason := reason, status := status), place
        ) filter (where is_of_feed) as last_poll,
        arg_max(struct_pack(items := items, new_items := new_items), place) filter (where is_of_feed and was_read)
            as last_read,
        cast(coalesce(sum(new_items) filter (where is_of_feed), 0) as bigint) as new_items,
        max(occurred_at) filter (where is_of_feed and new_items > 0) as last_new_item_at,
        -- a feed drops the same entries at every poll
        max(items_dropped) as items_dropped,
        count(*) filter (where is_of_feed and is_gap) as gaps,
        cast(coalesce(sum(date_diff('second', gap_from, gap_to)) filter (where is_of_feed and is_gap), 0) as bigint)
            as gap_seconds,
        arg_max(struct_pack(gap_from := gap_from, gap_to := gap_to), place) filter (where is_of_feed and is_gap)
            as last_gap
    from polls
    group by source_id, feed_url, day
)

select
    days.source_id,
    days.feed_url,
    days.day,
    days.polls,
    days.polls_failed,
    days.failed_since_success,
    days.last_success_at,
    days.first_read_at,
    days.last_poll['occurred_at'] as last_polled_at,
    days.last_poll['outcome'] as last_outcome,
    days.last_poll['reason'] as last_reason,
    days.last_poll['status'] as last_status,
    days.last_read['items'] as last_items,
    days.last_read['new_items'] as last_new_items,
    days.new_items,
    days.last_new_item_at,
    days.items_dropped,
    days.gaps,
    days.gap_seconds,
    days.last_gap['gap_from'] as last_gap_from,
    days.last_gap['gap_to'] as last_gap_to
from summed_up as days
