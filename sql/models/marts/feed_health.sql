-- feed_health: one row per feed, with the results of its polls
with totals as (
    select
        source_id,
        feed_url,
        sum(polls) as polls,
        max(last_success_at) as last_success_at,
        max(last_new_item_at) as last_new_item_at,
        min(first_read_at) as first_read_at,
        sum(gaps) as gaps,
        arg_max(
            struct_pack(
                polled_at := last_polled_at, outcome := last_outcome, reason := last_reason, status := last_status
            ),
            day
        ) as last_poll,
        arg_max(struct_pack(items := last_items, new_items := last_new_items), day) filter (
            where first_read_at is not null
        ) as last_read,
        arg_max(struct_pack(gap_from := last_gap_from, gap_to := last_gap_to), day) filter (where gaps > 0) as last_gap
    from {{ ref('feed_days') }}
    where polls > 0 -- polls of the sitemaps that an index names are part of the index's poll
    group by source_id, feed_url
),

failures as (
    select
        days.source_id,
        days.feed_url,
        sum(days.failed_since_success) as failures_in_a_row
    from {{ ref('feed_days') }} as days
    inner join totals on days.source_id = totals.source_id and days.feed_url = totals.feed_url
    where totals.last_success_at is null or days.day >= cast(totals.last_success_at at time zone 'UTC' as date)
    group by days.source_id, days.feed_url
),

data as (
    select max(last_polled_at) as until_at
    from {{ ref('feed_days') }}
),

lately as (
    select
        polls.source_id,
        polls.feed_url,
        median(polls.items) filter (where polls.outcome in ('ok', 'moved')) as median_items,
        bool_or(list_contains(polls.warnings, 'lying_304')) as lying_304,
        -- the first poll that was read brings items of earlier days
        sum(polls.new_items) filter (
            where polls.occurred_at > totals.first_read_at and polls.occurred_at > data.until_at - interval 7 days
        ) as new_items
    from {{ source('events', 'feed_polled') }} as polls
    cross join data
    inner join totals on polls.source_id = totals.source_id and polls.feed_url = totals.feed_url
    where
        polls.caused_by is null
        and polls.outcome != 'put_off'
        and polls.occurred_at >= data.until_at - interval 90 days
    group by polls.source_id, polls.feed_url
),

same as (
    select
        source_id,
        feed_url,
        min_by(other_feed_url, (other_source_id != source_id, other_source_id, other_feed_url)) as other_feed_url
    from {{ ref('same_feeds') }}
    group by source_id, feed_url
),

joined as (
    select
        totals.*,
        failures.failures_in_a_row,
        lately.median_items,
        lately.lying_304,
        lately.new_items as new_items_lately,
        least(epoch((select data.until_at from data) - totals.first_read_at) / 86400, 7) as days_lately,
        same.other_feed_url
    from totals
    left join failures using (source_id, feed_url)
    left join lately using (source_id, feed_url)
    left join same using (source_id, feed_url)
)

select
    feeds.source_id,
    feeds.feed_url,
    feeds.last_poll['polled_at'] as last_polled_at,
    feeds.last_poll['outcome'] as last_outcome,
    feeds.last_poll['reason'] as last_reason,
    feeds.last_poll['status'] as last_status,
    feeds.last_poll['outcome'] = 'gone' as retired,
    cast(feeds.polls as bigint) as polls,
    cast(coalesce(feeds.failures_in_a_row, 0) as bigint) as failures_in_a_row,
    feeds.last_success_at,
    feeds.last_read['items'] as last_items,
    feeds.last_read['new_items'] as last_new_items,
    feeds.last_new_item_at,
    feeds.median_items,
    if(feeds.days_lately >= 1, coalesce(feeds.new_items_lately, 0) / feeds.days_lately, null) as new_items_per_day,
    cast(feeds.gaps as bigint) as gaps,
    feeds.last_gap['gap_from'] as last_gap_from,
    feeds.last_gap['gap_to'] as last_gap_to,
    coalesce(feeds.lying_304, false) as lying_304,
    feeds.other_feed_url as same_as
from joined as feeds
