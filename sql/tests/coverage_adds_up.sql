-- Every seen article is captured, failed or pending, and every captured one is extracted, unreadable or awaiting
-- extraction. No article or poll is missing.
with discovered as (
    select
        source_id,
        count(distinct article_id) as articles
    from {{ of_articles('item_discovered') }}
    group by source_id
),

covered as (
    select
        source_id,
        count(*) as articles
    from {{ written(ref('article_coverage')) }}
    group by source_id
),

articles as (
    select
        source_id,
        count(*) as articles
    from {{ ref('article_coverage') }}
    group by source_id
),

polls as (
    select
        source_id,
        count(*) as polls
    from {{ source('events', 'feed_polled') }}
    where caused_by is null and outcome != 'put_off'
    group by source_id
),

totals as (
    select
        source_id,
        sum(seen) as seen,
        sum(polls) as polls
    from {{ ref('coverage_ledger') }}
    group by source_id
)

select
    source_id,
    day,
    'does not add up' as finding
from {{ ref('coverage_ledger') }}
where
    seen != captured + captured_from_feed + failed + pending
    or captured + captured_from_feed != extracted + unreadable + awaiting_extraction
    or failed != coalesce(list_sum(map_values(failed_by_reason)), 0)
    or sightings < seen
    or polls < polls_failed
union all
select
    source_id,
    null as day,
    'articles or polls are missing' as finding
from totals
full join articles using (source_id)
full join polls using (source_id)
where
    coalesce(totals.seen, -1) != coalesce(articles.articles, 0)
    or coalesce(totals.polls, -1) != coalesce(polls.polls, 0)
union all
select
    source_id,
    null as day,
    'articles have no state' as finding
from discovered
full join covered using (source_id)
where coalesce(discovered.articles, 0) != coalesce(covered.articles, 0)
