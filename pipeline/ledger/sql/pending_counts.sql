-- What the steps still have to do for the interval, and what failed for good.
with items as (
    select article_id, max(position) as position
    from ledger.item_discovered
    where occurred_at >= $start and occurred_at < $end
    group by article_id
),

causes as (
    select event_id, position
    from ledger.item_discovered
    where occurred_at >= $start
),

captures as (
    select captures.article_id, max(causes.position) as item_position
    from ledger.article_captured as captures
    inner join causes on captures.caused_by = causes.event_id
    where captures.occurred_at >= $start
    group by captures.article_id
),

failures as (
    select
        failures.article_id,
        max(causes.position) as item_position,
        max_by(failures.will_retry, failures.position) as will_retry
    from ledger.capture_failed as failures
    inner join causes on failures.caused_by = causes.event_id
    where failures.occurred_at >= $start
    group by failures.article_id
)

select
    count(*) filter (where not coalesce(failures.item_position >= items.position and not failures.will_retry, false))
        as captures,
    count(*) filter (where coalesce(failures.item_position >= items.position and not failures.will_retry, false))
        as failed
from items
left join captures using (article_id)
left join failures using (article_id)
where captures.item_position is null or captures.item_position < items.position
