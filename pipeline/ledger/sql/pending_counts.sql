with items as (
    select article_id, max(position) as position
    from ledger.item_discovered
    where occurred_at >= $start and occurred_at < $end
    group by article_id
),

captures as (
    select article_id, max(position) as position
    from ledger.article_captured
    where occurred_at >= $start
    group by article_id
),

failures as (
    select article_id, max_by(will_retry, position) as will_retry, max(position) as position
    from ledger.capture_failed
    where occurred_at >= $start
    group by article_id
),

waiting as (
    select items.article_id, failures.position > items.position and not failures.will_retry as failed
    from items
    left join captures using (article_id)
    left join failures using (article_id)
    where captures.position is null or captures.position < items.position
)

select
    count(*) filter (where not coalesce(failed, false)) as captures,
    count(*) filter (where coalesce(failed, false)) as failed
from waiting
