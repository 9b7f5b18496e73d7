-- Marts whose key has two columns hold no key twice.
select
    'article_revisions' as model,
    cast(article_id as varchar) as first_key,
    cast(revision_no as varchar) as second_key
from {{ ref('article_revisions') }}
group by article_id, revision_no
having count(*) > 1
union all
select
    'feed_health' as model,
    source_id as first_key,
    feed_url as second_key
from {{ ref('feed_health') }}
group by source_id, feed_url
having count(*) > 1
union all
select
    'coverage_daily' as model,
    source_id as first_key,
    cast(discovered_on as varchar) as second_key
from {{ ref('coverage_daily') }}
group by source_id, discovered_on
having count(*) > 1
union all
select
    'coverage_ledger' as model,
    source_id as first_key,
    cast(day as varchar) as second_key
from {{ ref('coverage_ledger') }}
group by source_id, day
having count(*) > 1
union all
select
    'article_coverage' as model,
    source_id as first_key,
    cast(article_id as varchar) as second_key
from {{ ref('article_coverage') }}
group by source_id, article_id
having count(*) > 1
union all
select
    'word_changes' as model,
    cast(previous_extraction_id as varchar) as first_key,
    cast(extraction_id as varchar) as second_key
from {{ ref('word_changes') }}
group by previous_extraction_id, extraction_id
having count(*) > 1
