-- coverage_counts: one row per source and day (UTC) since it was first polled, with the counts of that day
{{ config(materialized='ephemeral') }}
with polls as (
    select
        source_id,
        feed_url,
        cast(occurred_at at time zone 'UTC' as date) as day,
        caused_by is null as is_of_feed,
        outcome in ('ok', 'moved', 'not_modified') as succeeded,
        coalesce(not overlap, false) as is_gap,
        gap_to - gap_from as gap,
        items_dropped
    from {{ source('events', 'feed_polled') }}
    where outcome != 'put_off'
),

polls_by_day as (
    select
        source_id,
        day,
        count(*) as polls,
        count(*) filter (where not succeeded) as polls_failed,
        count(*) filter (where is_gap) as gaps,
        sum(epoch(gap)) filter (where is_gap) / 3600 as gap_hours
    from polls
    where is_of_feed
    group by source_id, day
),

dropped_by_feed as (
    -- a feed drops the same entries at every poll
    select
        source_id,
        feed_url,
        day,
        max(items_dropped) as items_dropped
    from polls
    group by source_id, feed_url, day
),

dropped_by_day as (
    select
        source_id,
        day,
        cast(sum(items_dropped) as bigint) as items_dropped
    from dropped_by_feed
    group by source_id, day
),

items as (
    select
        source_id,
        unnest(sighted_on) as day
    from {{ ref('article_coverage') }}
),

sightings_by_day as (
    select
        source_id,
        day,
        count(*) as sightings
    from items
    group by source_id, day
),

articles_by_day as (
    select
        source_id,
        discovered_on as day,
        count(*) as seen,
        count(*) filter (where state = 'captured') as captured,
        count(*) filter (where state = 'captured_from_feed') as captured_from_feed,
        count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'pending') as pending,
        count(*) filter (where reading = 'extracted') as extracted,
        count(*) filter (where reading = 'unreadable') as unreadable,
        count(*) filter (where reading = 'awaiting_extraction') as awaiting_extraction,
        count(*) filter (where is_outdated) as outdated
    from {{ ref('article_coverage') }}
    group by source_id, discovered_on
),

failures_by_reason as (
    select
        source_id,
        discovered_on as day,
        failed_reason,
        count(*) as articles
    from {{ ref('article_coverage') }}
    where state = 'failed'
    group by source_id, discovered_on, failed_reason
),

failures_by_day as (
    select
        source_id,
        day,
        map_from_entries(list((failed_reason, articles) order by failed_reason)) as failed_by_reason
    from failures_by_reason
    group by source_id, day
),

days as (
    select
        source_id,
        cast(
            unnest(
                generate_series(min(day), (select max(every_poll.day) from polls as every_poll), interval 1 day)
            ) as date
        ) as day
    from polls
    group by source_id
    union
    select
        source_id,
        day
    from sightings_by_day
)

select
    source_id,
    day,
    coalesce(polls_by_day.polls, 0) as polls,
    coalesce(polls_by_day.polls_failed, 0) as polls_failed,
    coalesce(sightings_by_day.sightings, 0) as sightings,
    coalesce(dropped_by_day.items_dropped, 0) as items_dropped,
    coalesce(articles_by_day.seen, 0) as seen,
    coalesce(articles_by_day.captured, 0) as captured,
    coalesce(articles_by_day.captured_from_feed, 0) as captured_from_feed,
    coalesce(articles_by_day.failed, 0) as failed,
    coalesce(articles_by_day.pending, 0) as pending,
    coalesce(failures_by_day.failed_by_reason, map_from_entries([])) as failed_by_reason,
    coalesce(articles_by_day.extracted, 0) as extracted,
    coalesce(articles_by_day.unreadable, 0) as unreadable,
    coalesce(articles_by_day.awaiting_extraction, 0) as awaiting_extraction,
    coalesce(articles_by_day.outdated, 0) as outdated,
    coalesce(polls_by_day.gaps, 0) as gaps,
    coalesce(polls_by_day.gap_hours, 0) as gap_hours,
    coalesce(polls_by_day.polls > polls_by_day.polls_failed, false) as was_read
from days
left join polls_by_day using (source_id, day)
left join dropped_by_day using (source_id, day)
left join sightings_by_day using (source_id, day)
left join articles_by_day using (source_id, day)
left join failures_by_day using (source_id, day)
