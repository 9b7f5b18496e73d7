-- Articles that a feed named or changed in the interval and that have not been captured since; failed ones
-- when their next attempt is due: 15 minutes after the first, then 1, 4 and 16 hours after the last one.
with items as (
    select
        article_id,
        max_by(source_id, position) as source_id,
        max_by(event_id, position) as item_id,
        max_by(url, position) as url,
        max(position) as position
    from ledger.item_discovered
    where occurred_at >= $start and occurred_at < $end and list_contains($source_ids, source_id)
    group by article_id
),

captures as (
    select article_id, max(position) as position
    from ledger.article_captured
    where occurred_at >= $start and list_contains($source_ids, source_id)
    group by article_id
),

failures as (
    select
        article_id,
        max_by(attempt, position) as attempt,
        max_by(will_retry, position) as will_retry,
        max_by(occurred_at, position) as occurred_at,
        max(position) as position
    from ledger.capture_failed
    where occurred_at >= $start and list_contains($source_ids, source_id)
    group by article_id
)

select
    items.article_id,
    items.source_id,
    items.item_id,
    items.url,
    if(failures.position > items.position, failures.attempt, 0) + 1 as attempt
from items
left join captures using (article_id)
left join failures using (article_id)
where
    (captures.position is null or captures.position < items.position)
    and (
        failures.position is null
        or failures.position < items.position
        or (failures.will_retry and failures.occurred_at + to_minutes(15 * (1 << (2 * (failures.attempt - 1)))) <= $now)
    )
order by items.position
