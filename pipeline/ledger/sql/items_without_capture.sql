-- Articles that a source named or changed in the interval and whose newest item has no capture yet. After a failure the
-- next attempt is due 15 minutes later, then 1, 4 and 16 hours after the last one, not before the server wishes.
with items as (
    select
        source_id,
        article_id,
        max_by(event_id, position) as item_id,
        max_by(url, position) as url,
        max(position) as position
    from ledger.item_discovered
    where occurred_at >= $start and occurred_at < $end and list_contains($source_ids, source_id)
    group by source_id, article_id
),

-- By cause, not by position: a page fetched before the item changed may be appended after it.
causes as (
    select event_id, source_id, position
    from ledger.item_discovered
    where occurred_at >= $start and list_contains($source_ids, source_id)
),

captures as (
    select causes.source_id, captures.article_id, max(causes.position) as item_position
    from ledger.article_captured as captures
    inner join causes on captures.caused_by = causes.event_id
    where captures.occurred_at >= $start
    group by causes.source_id, captures.article_id
),

failures as (
    select
        causes.source_id,
        failures.article_id,
        max(causes.position) as item_position,
        max_by(failures.attempt, failures.position) as attempt,
        max_by(failures.will_retry, failures.position) as will_retry,
        max_by(failures.occurred_at, failures.position) as occurred_at,
        max(failures.retry_at) as retry_at
    from ledger.capture_failed as failures
    inner join causes on failures.caused_by = causes.event_id
    where failures.occurred_at >= $start
    group by causes.source_id, failures.article_id
)

select
    items.article_id,
    items.source_id,
    items.item_id,
    items.url,
    if(failures.item_position >= items.position, failures.attempt, 0) + 1 as attempt,
    coalesce(failures.item_position >= items.position and not failures.will_retry, false) as failed_for_good,
    coalesce(
        failures.item_position < items.position
        or coalesce(failures.retry_at, failures.occurred_at) <= $now
        and failures.occurred_at + to_minutes(15 * (1 << (2 * (failures.attempt - 1)))) <= $now,
        true
    ) as due
from items
left join captures using (source_id, article_id)
left join failures using (source_id, article_id)
where captures.item_position is null or captures.item_position < items.position
order by items.position
