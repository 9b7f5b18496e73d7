-- The polls that the numbers of the feed count, newest first.
-- Those that failed since the last success, brought new items in seven days, read the feed in 90 days, or came after a
-- possible gap. Days are counted back from the newest poll of any feed.
with polls as (
    select
        position,
        occurred_at,
        outcome,
        reason,
        detail,
        items,
        new_items,
        gap_from,
        gap_to,
        warc_file is not null as has_record,
        outcome in ('ok', 'moved', 'not_modified') as has_succeeded,
        outcome in ('ok', 'moved') as was_read,
        coalesce(not overlap, false) as is_after_gap
    from events.feed_polled
    where source_id = $source_id and md5(feed_url) = $feed_key and caused_by is null and outcome != 'put_off'
),

known as (
    select
        max(occurred_at) filter (where has_succeeded) as succeeded_at,
        min(occurred_at) filter (where was_read) as first_read_at,
        (select max(feeds.last_polled_at) from feed_health as feeds) as until_at
    from polls
),

parts as (
    select
        polls.*,
        unnest([
            if(polls.occurred_at > known.succeeded_at or known.succeeded_at is null, 'failures', null),
            if(
                polls.new_items > 0
                and polls.occurred_at > known.first_read_at
                and polls.occurred_at > known.until_at - interval 7 days,
                'new', null
            ),
            if(polls.was_read and polls.occurred_at >= known.until_at - interval 90 days, 'read', null),
            if(polls.is_after_gap, 'gaps', null)
        ]) as part
    from polls
    cross join known
)

select
    part,
    position,
    occurred_at,
    outcome,
    reason,
    detail,
    items,
    new_items,
    gap_from,
    gap_to,
    has_record,
    count(*) over (partition by part) as all_of_part
from parts
where part is not null
qualify row_number() over (partition by part order by occurred_at desc, position desc) <= 100
order by part, occurred_at desc, position desc
