-- The requests of the period that the source refused, forbade by its robots.txt, or asked to send later, newest first.
with requests as (
    select
        occurred_at,
        feed_url as url,
        status,
        reason,
        retry_at,
        outcome
    from events.feed_polled
    where source_id = $source_id
    union all by name
    select
        occurred_at,
        url,
        status,
        reason,
        retry_at
    from events.capture_failed
    where source_id = $source_id
    union all by name
    select
        occurred_at,
        url,
        status,
        reason,
        retry_at
    from events.article_revisited
    where source_id = $source_id
)

select
    occurred_at,
    url,
    status,
    coalesce(reason, outcome) as reason,
    retry_at
from requests
where
    cast(occurred_at at time zone 'UTC' as date) between $from_on and $to_on
    and (
        outcome = 'put_off'
        or retry_at is not null
        or status in (403, 429, 503)
        or reason in ('robots', 'robots_unavailable')
        or reason like 'wall_%'
    )
order by occurred_at desc, url
limit $row_limit
