-- same_feeds: two rows, one for each, per pair of feeds with the same content
{{ config(materialized='ephemeral') }}
with polls as (
    select
        source_id,
        feed_url,
        position,
        occurred_at,
        outcome,
        final_url,
        moved_to,
        payload_digest,
        items,
        (
            select max(latest.occurred_at)
            from {{ source('events', 'feed_polled') }} as latest
            where latest.caused_by is null
        ) as data_until
    from {{ source('events', 'feed_polled') }}
    where caused_by is null
),

read_lately as (
    -- a feed that was removed from sources.toml does not count
    select
        source_id,
        feed_url,
        final_url,
        moved_to
    from polls
    where outcome in ('ok', 'moved', 'not_modified') and occurred_at >= data_until - interval 7 days
    qualify row_number() over (partition by source_id, feed_url order by occurred_at desc, position desc) = 1
),

payloads as (
    select
        source_id,
        feed_url,
        payload_digest
    from polls
    where items > 0 and occurred_at >= data_until - interval 7 days
    qualify row_number() over (partition by source_id, feed_url order by occurred_at desc, position desc) = 1
),

articles as (
    select
        items.source_id,
        items.feed_url,
        list_sort(list(distinct addresses.article_id)) as article_ids
    from {{ source('events', 'item_discovered') }} as items
    inner join {{ ref('article_addresses') }} as addresses on items.article_id = addresses.address_id
    where items.occurred_at >= (select max(polls.occurred_at) - interval 30 days from polls)
    group by items.source_id, items.feed_url
    having count(distinct addresses.article_id) >= 5
),

marks as (
    select
        source_id,
        feed_url,
        unnest(['address ' || feed_url, 'address ' || final_url, 'address ' || moved_to]) as mark
    from read_lately
    union
    select
        source_id,
        feed_url,
        'payload ' || payload_digest as mark
    from payloads
    union
    select
        articles.source_id,
        articles.feed_url,
        'articles ' || md5(cast(articles.article_ids as varchar)) as mark
    from articles
    inner join read_lately using (source_id, feed_url)
)

select distinct
    marks.source_id,
    marks.feed_url,
    others.source_id as other_source_id,
    others.feed_url as other_feed_url
from marks
inner join marks as others on marks.mark = others.mark
where marks.source_id != others.source_id or marks.feed_url != others.feed_url
