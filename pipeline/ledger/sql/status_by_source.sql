with feeds as (
    select
        source_id,
        feed_url,
        max(occurred_at) as last_polled_at,
        max(occurred_at) filter (where outcome in ('ok', 'not_modified', 'moved')) as last_success_at,
        max_by(outcome, position) as outcome,
        max_by(reason, position) as reason
    from ledger.feed_polled
    group by source_id, feed_url
),

items as (
    select source_id, count(distinct row(feed_url, guid, article_id)) as items
    from ledger.item_discovered
    group by source_id
),

articles as (
    select source_id, count(distinct article_id) as articles
    from ledger.article_extracted
    group by source_id
)

select
    feeds.source_id,
    count(*) as feeds,
    count(*) filter (where feeds.outcome not in ('ok', 'not_modified', 'moved')) as failing,
    max(feeds.last_polled_at) as last_polled_at,
    max(feeds.last_success_at) as last_success_at,
    coalesce(any_value(items.items), 0) as items,
    coalesce(any_value(articles.articles), 0) as articles,
    any_value(feeds.reason) filter (where feeds.outcome not in ('ok', 'not_modified', 'moved')) as reason
from feeds
left join items using (source_id)
left join articles using (source_id)
group by feeds.source_id
order by failing desc, feeds.source_id
