-- coverage_daily: one row per source and day (UTC) on which items were first discovered, with their articles' states
with annotated as (
    select
        coverage.source_id,
        coverage.discovered_on,
        sum(articles.quote_count) as quotes,
        sum(articles.captions_stripped) as captions_stripped
    from {{ ref('article_coverage') }} as coverage
    inner join {{ ref('articles') }} as articles on coverage.article_id = articles.article_id
    group by coverage.source_id, coverage.discovered_on
)

select
    ledger.source_id,
    ledger.day as discovered_on,
    ledger.sightings as items_seen,
    ledger.seen as articles_discovered,
    ledger.captured + ledger.captured_from_feed as articles_captured,
    ledger.failed as articles_failed,
    ledger.pending as articles_pending,
    ledger.extracted as articles_extracted,
    ledger.unreadable as articles_unreadable,
    cast(coalesce(annotated.quotes, 0) as bigint) as quotes,
    cast(coalesce(annotated.captions_stripped, 0) as bigint) as captions_stripped
from {{ ref('coverage_ledger') }} as ledger
left join annotated on ledger.source_id = annotated.source_id and ledger.day = annotated.discovered_on
where ledger.sightings > 0
