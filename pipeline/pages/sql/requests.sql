-- The requests of the period by their fate, newest first; all that were sent come last.
with requests as (
    select
        'poll' as what,
        occurred_at,
        feed_url as url,
        status,
        reason,
        retry_at,
        outcome = 'put_off' as was_put_off
    from events.feed_polled
    where source_id = $source_id
    union all by name
    select
        'capture' as what,
        captured_at as occurred_at,
        url,
        status
    from events.article_captured
    where source_id = $source_id and via = 'live'
    union all by name
    select
        'failure' as what,
        occurred_at,
        url,
        status,
        reason,
        retry_at
    from events.capture_failed
    where source_id = $source_id
    union all by name
    select
        'revisit' as what,
        occurred_at,
        url,
        status,
        reason,
        retry_at
    from events.article_revisited
    where source_id = $source_id and outcome != 'changed'
),

in_period as (
    select
        *,
        coalesce(was_put_off, false) or coalesce(reason in ('robots', 'robots_unavailable'), false) as was_not_sent,
        coalesce(status in (403, 429, 503) or reason like 'wall_%', false) as was_refused
    from requests
    where main.utc_day(occurred_at) between $from_on and $to_on
),

busiest as (
    select date_trunc('minute', occurred_at) as minute
    from in_period
    where not was_not_sent
    group by minute
    order by count(*) desc, minute
    limit 1
),

parts as (
    select
        'refused' as part,
        *
    from in_period
    where was_refused
    union all
    select
        'forbidden' as part,
        *
    from in_period
    where reason in ('robots', 'robots_unavailable')
    union all
    select
        'put_off' as part,
        *
    from in_period
    where was_put_off
    union all
    select
        'asked' as part,
        *
    from in_period
    where retry_at is not null
    union all
    select
        'busiest' as part,
        *
    from in_period
    where
        not was_not_sent
        and date_trunc('minute', occurred_at) = (select busiest.minute from busiest)
    union all
    select
        'sent' as part,
        *
    from in_period
    where not was_not_sent
)

select
    part,
    what,
    occurred_at,
    url,
    status,
    reason,
    retry_at
from parts
where $only_place is null or part = $only_place
order by
    list_position(['refused', 'forbidden', 'put_off', 'asked', 'busiest', 'sent'], part),
    occurred_at desc,
    url,
    what,
    status
limit $row_limit
