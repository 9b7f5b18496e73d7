-- coverage_daily: one row per source and day (UTC) on which items were first discovered, and what became of them
with items as (
    select
        source_id,
        feed_url,
        guid,
        article_id,
        cast(min(occurred_at) at time zone 'UTC' as date) as discovered_on
    from {{ ref('item_discovered') }}
    group by source_id, feed_url, guid, article_id
),

items_by_day as (
    select
        source_id,
        discovered_on,
        count(*) as items_seen
    from items
    group by source_id, discovered_on
),

discovered as (
    select
        source_id,
        article_id,
        cast(min(occurred_at) at time zone 'UTC' as date) as discovered_on
    from {{ ref('item_discovered') }}
    group by source_id, article_id
),

captured as (
    select distinct article_id
    from {{ ref('article_captured') }}
),

last_failures as (
    select
        article_id,
        will_retry
    from {{ ref('capture_failed') }}
    qualify row_number() over (partition by article_id order by occurred_at desc, position desc) = 1
),

unreadable as (
    select article_id
    from {{ ref('current_extractions') }}
    group by article_id
    having count(extraction_id) = 0
),

stripped as (
    select
        caused_by as extraction_id,
        count(*) as captions_stripped
    from {{ ref('boilerplate_stripped') }}
    where kind = 'video_caption'
    group by caused_by
),

states as (
    select
        discovered.source_id,
        discovered.discovered_on,
        discovered.article_id,
        captured.article_id is not null as is_captured,
        captured.article_id is null and coalesce(not last_failures.will_retry, false) as is_failed,
        captured.article_id is null and coalesce(last_failures.will_retry, true) as is_pending,
        articles.article_id is not null as is_extracted,
        unreadable.article_id is not null as is_unreadable,
        coalesce(articles.quote_count, 0) as quotes,
        coalesce(stripped.captions_stripped, 0) as captions_stripped
    from discovered
    left join captured on discovered.article_id = captured.article_id
    left join last_failures on discovered.article_id = last_failures.article_id
    left join {{ ref('articles') }} as articles on discovered.article_id = articles.article_id
    left join unreadable on discovered.article_id = unreadable.article_id
    left join stripped on articles.extraction_id = stripped.extraction_id
),

articles_by_day as (
    select
        source_id,
        discovered_on,
        count(*) as articles_discovered,
        count_if(is_captured) as articles_captured,
        count_if(is_failed) as articles_failed,
        count_if(is_pending) as articles_pending,
        count_if(is_extracted) as articles_extracted,
        count_if(is_unreadable) as articles_unreadable,
        cast(sum(quotes) as bigint) as quotes,
        cast(sum(captions_stripped) as bigint) as captions_stripped
    from states
    group by source_id, discovered_on
)

select
    source_id,
    discovered_on,
    items_by_day.items_seen,
    coalesce(articles_by_day.articles_discovered, 0) as articles_discovered,
    coalesce(articles_by_day.articles_captured, 0) as articles_captured,
    coalesce(articles_by_day.articles_failed, 0) as articles_failed,
    coalesce(articles_by_day.articles_pending, 0) as articles_pending,
    coalesce(articles_by_day.articles_extracted, 0) as articles_extracted,
    coalesce(articles_by_day.articles_unreadable, 0) as articles_unreadable,
    coalesce(articles_by_day.quotes, 0) as quotes,
    coalesce(articles_by_day.captions_stripped, 0) as captions_stripped
from items_by_day
left join articles_by_day using (source_id, discovered_on)
