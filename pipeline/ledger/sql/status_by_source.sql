with polls as (
    select
        source_id,
        feed_url,
        occurred_at,
        outcome,
        reason,
        outcome in ('ok', 'not_modified', 'moved') as succeeded,
        row_number() over (partition by source_id, feed_url order by position desc) as poll_no
    from ledger.feed_polled
    where caused_by is null and outcome != 'put_off'
),

feeds as (
    select
        source_id,
        feed_url,
        max(occurred_at) as last_polled_at,
        max(occurred_at) filter (where succeeded) as last_success_at,
        any_value(outcome) filter (where poll_no = 1) as outcome,
        any_value(reason) filter (where poll_no = 1) as reason,
        coalesce(any_value(succeeded) filter (where poll_no = 1), false) as succeeds
    from polls
    group by source_id, feed_url
),

articles as (
    select source_id, count(distinct article_id) as articles
    from ledger.article_extracted
    group by source_id
)

select
    feeds.source_id,
    count(*) as feeds,
    count(*) filter (where not feeds.succeeds and feeds.outcome != 'gone') as failing,
    count(*) filter (where feeds.outcome = 'gone') as retired,
    max(feeds.last_polled_at) as last_polled_at,
    max(feeds.last_success_at) as last_success_at,
    coalesce(any_value(articles.articles), 0) as articles,
    any_value(feeds.reason) filter (where not feeds.succeeds) as reason
from feeds
left join articles using (source_id)
group by feeds.source_id
order by failing desc, feeds.source_id
