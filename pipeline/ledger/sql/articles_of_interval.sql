-- Articles that the sources published in the interval, with the state of each. The date of publication is the earliest
-- one that its items give, noon for a date without a time. If they give none, it is the time it was first seen, or an
-- earlier date that its page gives in the newest reading that the given run has not made.
with items as (
    select
        event_id,
        source_id,
        article_id,
        url,
        title,
        position,
        recorded_at,
        producer,
        run_id,
        published_at,
        coalesce(published_at + to_hours(if(published_quality = 'day_only', 12, 0)), occurred_at) as dated_at
    from ledger.item_discovered
    anti join ledger.article_redacted using (article_id)
    where occurred_at >= $recall_start and list_contains($source_ids, source_id)
),

named as (
    -- a page's date can make an article older, never younger
    select
        source_id,
        article_id,
        min(dated_at) as named_at,
        count(published_at) > 0 as is_dated,
        min(recorded_at) as known_since,
        min_by(producer, position) as known_by,
        min_by(run_id, position) as known_run,
        max_by(event_id, position) as item_id,
        max_by(url, position) as url,
        max_by(title, position) as title
    from items
    group by source_id, article_id
    having min(dated_at) >= $start
),

undated as (
    select article_id
    from named
    where not is_dated
),

readings as (
    select
        article_id,
        max_by(published_at, position) as published_at
    from ledger.article_extracted
    where
        occurred_at >= $recall_start
        and run_id is distinct from $run_id
        and article_id in (select undated.article_id from undated)
    group by article_id
),

articles as (
    select
        named.source_id,
        named.article_id,
        named.known_since,
        named.known_by,
        named.known_run,
        named.item_id,
        named.url,
        named.title,
        if(named.is_dated, named.named_at, least(named.named_at, readings.published_at)) as dated_at
    from named
    left join readings using (article_id)
    where dated_at >= $start and dated_at < $end
),

captures as (
    select
        article_id,
        min(recorded_at) filter (where via != 'feed') as page_since,
        min_by(producer, position) filter (where via != 'feed') as page_by,
        min_by(run_id, position) filter (where via != 'feed') as page_run,
        bool_or(via = 'feed') as has_feed_text
    from ledger.article_captured
    semi join articles using (article_id)
    where occurred_at >= $recall_start
    group by article_id
),

-- `expired` means only that nothing was tried.
failures as (
    -- failures caused by another source that names the article count, too: it is the same page
    select
        articles.source_id,
        articles.article_id,
        max(failures.attempt) filter (where failures.caused_by = articles.item_id) as attempts,
        max_by(failures.reason, failures.position) filter (where failures.reason != 'expired') as reason,
        arg_max_null(failures.status, failures.position) filter (where failures.reason != 'expired') as status,
        max_by(failures.will_retry, failures.position) filter (where failures.reason != 'expired') as will_retry,
        max_by(failures.occurred_at, failures.position) filter (where failures.reason != 'expired') as failed_at,
        max_by(failures.recorded_at, failures.position) filter (
            where failures.reason != 'expired'
        ) as failure_recorded_at
    from ledger.capture_failed as failures
    inner join articles on failures.article_id = articles.article_id
    where failures.occurred_at >= $recall_start
    group by articles.source_id, articles.article_id
),

-- When the article was last counted in a `backfill_finished`: one of its day, or one of the run that found it or
-- fetched its page. The given run's own counts since its start are ignored: it was resumed, or counts again.
accounts as (
    select
        articles.source_id,
        articles.article_id,
        max(finishes.recorded_at) as accounted_at,
        max(finishes.started_at) filter (where finishes.run_id is distinct from $run_id) as others_started_at
    from articles
    left join captures using (article_id)
    inner join ledger.backfill_finished as finishes
        on
            articles.source_id = finishes.source_id
            and (
                (articles.dated_at >= finishes.interval_start and articles.dated_at < finishes.interval_end)
                or finishes.run_id in (articles.known_run, captures.page_run)
            )
            and (finishes.run_id is distinct from $run_id or finishes.recorded_at < $started_at)
    group by articles.source_id, articles.article_id
)

select
    articles.source_id,
    $start as interval_start,
    $end as interval_end,
    articles.article_id,
    articles.item_id,
    articles.url,
    articles.title,
    articles.dated_at,
    articles.known_since,
    articles.known_by,
    articles.known_run,
    captures.page_since,
    captures.page_by,
    captures.page_run,
    coalesce(captures.has_feed_text, false) as has_feed_text,
    coalesce(failures.attempts, 0) as attempts,
    failures.reason,
    failures.status,
    coalesce(failures.will_retry, true) as will_retry,
    failures.failed_at,
    failures.failure_recorded_at,
    accounts.accounted_at,
    accounts.others_started_at
from articles
left join captures using (article_id)
left join failures using (source_id, article_id)
left join accounts using (source_id, article_id)
order by articles.dated_at, articles.article_id
