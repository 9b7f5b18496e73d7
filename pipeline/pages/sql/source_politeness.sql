-- How often the source was asked in the period, and how often it refused: requests that ended in an event.
with requests as (
    select
        occurred_at,
        status,
        reason,
        retry_at,
        outcome = 'put_off' as was_put_off
    from events.feed_polled
    where source_id = $source_id
    union all by name
    select captured_at as occurred_at
    from events.article_captured
    where source_id = $source_id and via = 'live'
    union all by name
    select
        occurred_at,
        status,
        reason,
        retry_at
    from events.capture_failed
    where source_id = $source_id
    union all by name
    select
        occurred_at,
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

minutes as (
    select count(*) as requests
    from in_period
    where not was_not_sent
    group by date_trunc('minute', occurred_at)
)

select
    count_if(not was_not_sent) as requests,
    coalesce((select max(minutes.requests) from minutes), 0) as most_in_a_minute,
    count_if(was_refused) as refusals,
    count_if(coalesce(was_put_off, false)) as put_off,
    count_if(coalesce(reason in ('robots', 'robots_unavailable'), false)) as forbidden,
    count(retry_at) as asked_to_wait,
    max(epoch(retry_at - occurred_at)) as longest_wait_seconds
from in_period
