-- Captured pages that are due to be revisited, the youngest first. A page is due when it has reached an age of the
-- schedule at which it has not been seen yet. If several ages have passed, only the last one counts. A revisit that
-- found no page is repeated after one hour and after four more, then at the next age, never before the time that the
-- server gave.
with revisits as (
    select *
    from ledger.article_revisited
    where list_contains($source_ids, source_id) and occurred_at >= $start
),

captures as (
    select *
    from ledger.article_captured
    anti join ledger.article_redacted using (article_id)
    where list_contains($source_ids, source_id) and occurred_at >= $start and via = 'live'
),

titles as (
    select article_id, max_by(title, position) as title
    from ledger.item_discovered
    where list_contains($source_ids, source_id) and occurred_at >= $start
    group by article_id
),

-- An article that a backfill has found is as old as its source's history says.
recovered as (
    select captures.event_id, items.occurred_at as dated_at
    from captures
    inner join ledger.item_discovered as items on captures.caused_by = items.event_id
    where starts_with(captures.producer, 'recover@')
),

-- A capture made by a revisit does not restart the schedule.
schedules as (
    select
        captures.source_id,
        captures.article_id,
        min(captures.occurred_at) as first_captured_at,
        min(least(captures.occurred_at, recovered.dated_at)) as begins_at
    from captures
    anti join revisits on captures.caused_by = revisits.event_id
    left join recovered on captures.event_id = recovered.event_id
    group by captures.source_id, captures.article_id
),

-- Only one address of two that are joined is revisited: the newer one if the article has moved, else the one that was
-- discovered first. It must have been captured.
other_addresses as (
    select if(evidence in ('guid', 'moved'), article_id, other_article_id) as article_id
    from ledger.addresses_joined
    anti join ledger.addresses_parted using (article_id, other_article_id)
    where if(evidence in ('guid', 'moved'), other_article_id, article_id) in (select captures.article_id from captures)
),

last_captures as (
    select source_id, article_id, event_id, url, occurred_at, payload_digest, caused_by, position
    from captures
    anti join other_addresses on captures.article_id = other_addresses.article_id
    qualify row_number() over (partition by source_id, article_id order by position desc) = 1
),

last_revisits as (
    select
        source_id,
        article_id,
        event_id,
        occurred_at,
        outcome,
        attempt,
        retry_at,
        status,
        etag,
        last_modified,
        position
    from revisits
    qualify row_number() over (partition by source_id, article_id order by position desc) = 1
),

pages as (
    select
        last_captures.source_id,
        last_captures.article_id,
        last_captures.url,
        last_captures.event_id as capture_id,
        last_captures.payload_digest,
        schedules.first_captured_at,
        last_revisits.attempt,
        last_revisits.retry_at,
        -- The validators belong to the page as last captured, unless it was captured for another reason since.
        last_revisits.position > last_captures.position or last_captures.caused_by = last_revisits.event_id
            as revisit_is_last,
        last_revisits.outcome in ('missing', 'failed') as found_no_page,
        if(last_revisits.position > last_captures.position, last_revisits.event_id, last_captures.event_id)
            as last_seen_id,
        greatest(last_captures.occurred_at, last_revisits.occurred_at) as last_seen_at,
        last_revisits.status = 304 as was_unmodified,
        last_revisits.etag,
        last_revisits.last_modified,
        list_max(
            list_filter(
                list_transform($ages_seconds, lambda age: schedules.begins_at + to_seconds(age)),
                lambda due_at: due_at <= $now
            )
        ) as due_at
    from last_captures
    inner join schedules using (source_id, article_id)
    left join last_revisits using (source_id, article_id)
)

select
    source_id,
    article_id,
    url,
    titles.title,
    capture_id,
    payload_digest,
    coalesce(last_seen_id, capture_id) as last_seen_id,
    if(revisit_is_last and found_no_page, attempt, 0) + 1 as attempt,
    if(revisit_is_last and not found_no_page and not was_unmodified, etag, null) as etag,
    if(revisit_is_last and not found_no_page and not was_unmodified, last_modified, null) as last_modified
from pages
left join titles using (article_id)
where
    due_at is not null
    and coalesce(retry_at <= $now, true)
    and (
        last_seen_at < due_at
        or revisit_is_last and found_no_page
        and attempt < $max_attempts
        and last_seen_at + to_hours(1 << (2 * (attempt - 1))) <= $now
    )
qualify row_number() over (partition by source_id order by first_captured_at desc, article_id asc) <= $most
order by first_captured_at desc, article_id asc
