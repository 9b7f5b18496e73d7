-- Articles that a source named or changed in the interval and whose page has not been captured since, with their last
-- failure. A failure from before the change does not count.
with named as materialized (
    select
        event_id,
        source_id,
        article_id,
        url,
        title,
        supersedes,
        occurred_at,
        position
    from ledger.item_discovered
    where occurred_at >= $start and list_contains($source_ids, source_id)
),

items as (
    -- Reasons to fetch: the source names an article for the first time, or changes its item. Another feed of the source
    -- naming the same article is no reason.
    select
        source_id,
        article_id,
        coalesce(
            max_by(event_id, position) filter (where supersedes is not null), min_by(event_id, position)
        ) as item_id,
        coalesce(max_by(url, position) filter (where supersedes is not null), min_by(url, position)) as url,
        coalesce(max_by(title, position) filter (where supersedes is not null), min_by(title, position)) as title,
        coalesce(max(position) filter (where supersedes is not null), min(position)) as position,
        max(occurred_at) filter (where supersedes is not null) as changed_at,
        max(occurred_at) as named_at
    from named
    anti join ledger.article_redacted using (article_id)
    where occurred_at < $end
    group by source_id, article_id
),

captures as (
    -- for any source
    select article_id, max(captured_at) as captured_at
    from ledger.article_captured
    where article_id in (select items.article_id from items) and occurred_at >= $start - interval 90 days
    group by article_id
),

failures as (
    select
        named.source_id,
        failures.article_id,
        max(named.position) as item_position,
        max_by(failures.attempt, failures.position) as attempt,
        max_by(failures.will_retry, failures.position) as will_retry,
        max_by(failures.occurred_at, failures.position) as failed_at,
        max_by(failures.reason, failures.position) as reason,
        max(failures.retry_at) as retry_at
    from ledger.capture_failed as failures
    inner join named on failures.caused_by = named.event_id
    where failures.occurred_at >= $start
    group by named.source_id, failures.article_id
)

select
    items.article_id,
    items.source_id,
    items.item_id,
    items.url,
    items.title,
    items.named_at,
    coalesce(last_failures.attempt, 0) as failures,
    coalesce(not last_failures.will_retry, false) as failed_for_good,
    last_failures.failed_at,
    last_failures.reason,
    last_failures.retry_at
from items
left join captures using (article_id)
left join failures as last_failures
    on
        items.source_id = last_failures.source_id
        and items.article_id = last_failures.article_id
        and items.position <= last_failures.item_position
where captures.article_id is null or captures.captured_at < items.changed_at
order by items.position
