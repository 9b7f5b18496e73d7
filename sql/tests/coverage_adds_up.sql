-- Every discovered article is captured, failed or pending, and only captured ones are read or unreadable.
select
    source_id,
    discovered_on,
    articles_discovered,
    articles_captured,
    articles_failed,
    articles_pending,
    articles_extracted,
    articles_unreadable
from {{ ref('coverage_daily') }}
where
    articles_discovered != articles_captured + articles_failed + articles_pending
    or articles_extracted + articles_unreadable > articles_captured
    or items_seen < articles_discovered
