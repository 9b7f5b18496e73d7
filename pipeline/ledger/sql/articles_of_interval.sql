-- Articles that the sources published in the interval, and what has become of each. It counts when an article was
-- published, by the earliest date its items give, a day without a time as its noon; without any date, when it was seen.
with items as (
    select
        event_id,
        source_id,
        article_id,
        url,
        position,
        recorded_at,
        run_id,
        coalesce(published_at + to_hours(if(published_quality = 'day_only', 12, 0)), occurred_at) as dated_at
    from ledger.item_discovered
    where occurred_at >= $recall_start and list_contains($source_ids, source_id)
),

articles as (
    select
        source_id,
        article_id,
        min(dated_at) as dated_at,
        min(recorded_at) as known_since,
        min_by(run_id, position) as known_by,
        max_by(event_id, position) as item_id,
        max_by(url, position) as url
    from items
    group by source_id, article_id
    having min(dated_at) >= $start and min(dated_at) < $end
),

captures as (
    select
        article_id,
        min(recorded_at) filter (where via != 'feed') as page_since,
        min_by(run_id, position) filter (where via != 'feed') as page_by,
        bool_or(via = 'feed') as has_feed_text
    from ledger.article_captured
    semi join articles using (article_id)
    where occurred_at >= $recall_start
    group by article_id
),

-- `expired` says only that nothing was tried.
failures as (
    select
        failures.source_id,
        failures.article_id,
        max(failures.attempt) filter (where failures.caused_by = articles.item_id) as attempts,
        max_by(failures.reason, failures.position) filter (where failures.reason != 'expired') as reason,
        max_by(failures.status, failures.position) filter (where failures.reason != 'expired') as status,
        max_by(failures.will_retry, failures.position) filter (where failures.reason != 'expired') as will_retry,
        max_by(failures.occurred_at, failures.position) filter (where failures.reason != 'expired') as failed_at
    from ledger.capture_failed as failures
    inner join articles using (source_id, article_id)
    where failures.occurred_at >= $recall_start
    group by failures.source_id, failures.article_id
)

select
    articles.source_id,
    articles.article_id,
    articles.item_id,
    articles.url,
    articles.dated_at,
    articles.known_since,
    articles.known_by,
    captures.page_since,
    captures.page_by,
    coalesce(captures.has_feed_text, false) as has_feed_text,
    coalesce(failures.attempts, 0) as attempts,
    failures.reason,
    failures.status,
    coalesce(failures.will_retry, true) as will_retry,
    failures.failed_at
from articles
left join captures using (article_id)
left join failures using (source_id, article_id)
order by articles.dated_at, articles.article_id
