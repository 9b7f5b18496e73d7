-- How long after publication were articles discovered and captured? Minutes, a row per source.
-- Parameters: since (a day). Articles without a time of publication, and those recovered by backfills, are left out.
with parameters as (
    select coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

lags as (
    select
        articles.source_id,
        date_diff('minute', articles.published_at, articles.first_seen_at) as discovered_minutes,
        date_diff('minute', articles.published_at, articles.captured_at) as captured_minutes
    from articles
    cross join parameters
    where
        articles.published_at >= parameters.since_at
        and articles.via = 'live'
        and articles.captured_at >= articles.published_at
)

select
    source_id,
    count(*) as articles,
    median(discovered_minutes) as median_until_discovered,
    median(captured_minutes) as median_until_captured,
    quantile_disc(captured_minutes, 0.9) as nine_of_ten_within,
    max(captured_minutes) as longest
from lags
group by source_id
order by median_until_captured, source_id;
