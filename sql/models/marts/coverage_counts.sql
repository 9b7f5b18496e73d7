-- coverage_counts: one row per source and day (UTC) since it was first polled, with the counts of that day
{{ config(
    materialized='incremental', schema='parts', unique_key=['source_id', 'day'], meta={'touched': 'touched_days'}
) }}
with days as (
    select
        source_id,
        day
    from {{ ref('touched_days') }}
),

polls_by_day as (
    select
        source_id,
        day,
        cast(sum(polls) as bigint) as polls,
        cast(sum(polls_failed) as bigint) as polls_failed,
        cast(sum(items_dropped) as bigint) as items_dropped,
        cast(sum(gaps) as bigint) as gaps,
        sum(gap_seconds) / 3600 as gap_hours
    from {{ ref('feed_days') }}
    where (source_id, day) in (from days)
    group by source_id, day
),

sightings as (
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
    from sightings
    where (source_id, day) in (from days)
    group by source_id, day
),

discovered as (
    select
        source_id,
        discovered_on as day,
        state,
        reading,
        failed_reason,
        is_outdated
    from {{ ref('article_coverage') }}
    where (source_id, discovered_on) in (from days)
),

articles_by_day as (
    select
        source_id,
        day,
        count(*) as seen,
        count(*) filter (where state = 'captured') as captured,
        count(*) filter (where state = 'captured_from_feed') as captured_from_feed,
        count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'pending') as pending,
        count(*) filter (where reading = 'extracted') as extracted,
        count(*) filter (where reading = 'unreadable') as unreadable,
        count(*) filter (where reading = 'awaiting_extraction') as awaiting_extraction,
        count(*) filter (where is_outdated) as outdated
    from discovered
    group by source_id, day
),

failures_by_reason as (
    select
        source_id,
        day,
        failed_reason,
        count(*) as articles
    from discovered
    where state = 'failed'
    group by source_id, day, failed_reason
),

failures_by_day as (
    select
        source_id,
        day,
        map_from_entries(list((failed_reason, articles) order by failed_reason)) as failed_by_reason
    from failures_by_reason
    group by source_id, day
),

first_polls as (
    select
        source_id,
        min(day) as day
    from {{ ref('feed_days') }}
    group by source_id
),

counted_days as (
    select
        days.source_id,
        days.day
    from days
    left join first_polls on days.source_id = first_polls.source_id
    left join sightings_by_day on days.source_id = sightings_by_day.source_id and days.day = sightings_by_day.day
    where
        sightings_by_day.sightings > 0
        or days.day between first_polls.day and (select max(last_polls.day) from {{ ref('feed_days') }} as last_polls)
)

select
    source_id,
    day,
    coalesce(polls_by_day.polls, 0) as polls,
    coalesce(polls_by_day.polls_failed, 0) as polls_failed,
    coalesce(sightings_by_day.sightings, 0) as sightings,
    coalesce(polls_by_day.items_dropped, 0) as items_dropped,
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
from counted_days
left join polls_by_day using (source_id, day)
left join sightings_by_day using (source_id, day)
left join articles_by_day using (source_id, day)
left join failures_by_day using (source_id, day)
