-- What may be missing from the last 30 days?
-- Gaps in feeds, articles given up, changes not captured, and days on which no feed was read.
with since as (
    select cast(max(day) - 30 as timestamp) at time zone 'UTC' as since_at
    from coverage_ledger
),

unread_days as (
    -- consecutive days have the same island; the last day may not be over
    select
        source_id,
        day,
        if(polls = 0, 'no poll', 'every poll failed') as reason,
        day - cast(row_number() over (partition by source_id, polls = 0 order by day) as integer) as island
    from coverage_ledger
    where polls = polls_failed and day < (select max(latest.day) from coverage_ledger as latest)
),

missed as (
    select
        source_id,
        'gap' as what,
        feed_url as feed_or_reason,
        gap_from as missed_from,
        coalesce(gap_to, occurred_at) as missed_to,
        null as articles
    from events.feed_polled
    where not overlap and occurred_at >= (select since.since_at from since)
    union all
    select
        source_id,
        'failed' as what,
        failed_reason as feed_or_reason,
        min(discovered_at) as missed_from,
        max(discovered_at) as missed_to,
        count(*) as articles
    from article_coverage
    where state = 'failed' and discovered_at >= (select since.since_at from since)
    group by source_id, failed_reason
    union all
    select
        source_id,
        'outdated' as what,
        'changed since it was captured' as feed_or_reason,
        min(discovered_at) as missed_from,
        max(discovered_at) as missed_to,
        count(*) as articles
    from article_coverage
    where is_outdated and discovered_at >= (select since.since_at from since)
    group by source_id
    union all
    select
        source_id,
        'not read' as what,
        reason as feed_or_reason,
        cast(min(day) as timestamp) at time zone 'UTC' as missed_from,
        cast(max(day) + 1 as timestamp) at time zone 'UTC' as missed_to,
        null as articles
    from unread_days
    group by source_id, reason, island
    having missed_to > (select since.since_at from since)
)

select
    source_id,
    what,
    feed_or_reason,
    missed_from,
    missed_to,
    articles
from missed
order by source_id, what, missed_from, feed_or_reason;
