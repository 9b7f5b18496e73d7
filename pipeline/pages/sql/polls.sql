-- The polls of the source's feeds in the period: failed ones, those after a possible gap, then all, newest first.
with polls as (
    select
        position,
        occurred_at,
        feed_url,
        outcome,
        status,
        reason,
        detail,
        items,
        new_items,
        gap_from,
        gap_to,
        warc_file is not null as has_record,
        outcome not in ('ok', 'moved', 'not_modified') as has_failed,
        coalesce(not overlap, false) as is_after_gap
    from events.feed_polled
    where
        source_id = $source_id
        and main.utc_day(occurred_at) between $from_on and $to_on
        and caused_by is null
        and outcome != 'put_off'
),

parts as (
    select
        'failed' as part,
        *
    from polls
    where has_failed
    union all
    select
        'gaps' as part,
        *
    from polls
    where is_after_gap
    union all
    select
        'polls' as part,
        *
    from polls
)

select
    part,
    position,
    occurred_at,
    feed_url,
    outcome,
    status,
    reason,
    detail,
    items,
    new_items,
    gap_from,
    gap_to,
    has_record
from parts
where $only_place is null or part = $only_place
order by list_position(['failed', 'gaps', 'polls'], part), occurred_at desc, feed_url, position
limit $row_limit
