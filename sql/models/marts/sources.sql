-- sources: one row per source: what sources.toml says about it, and what is known of its articles
with described as (
    select
        source_id,
        name,
        language,
        country,
        homepage,
        feeds,
        sitemaps
    from {{ source('events', 'source_described') }}
    qualify row_number() over (partition by source_id order by position desc) = 1
),

polled as (
    select
        source_id,
        list(feed_url order by feed_url) as feeds,
        max(last_polled_at) as last_polled_at,
        count(*) filter (where failures_in_a_row > 0) as failing_feeds
    from {{ ref('feed_health') }}
    group by source_id
),

named as (
    select
        source_id,
        min(discovered_at) as first_seen_at,
        max(discovered_at) as last_seen_at,
        count(*) as articles
    from {{ ref('article_coverage') }}
    group by source_id
),

ids as (
    select source_id from described
    union
    select source_id from polled
    union
    select source_id from named
)

select
    ids.source_id,
    described.name,
    described.language,
    described.country,
    described.homepage,
    coalesce(described.feeds, polled.feeds, []) as feeds,
    coalesce(described.sitemaps, []) as sitemaps,
    coalesce(named.articles, 0) as articles,
    named.first_seen_at,
    named.last_seen_at,
    polled.last_polled_at,
    coalesce(polled.failing_feeds, 0) as failing_feeds
from ids
left join described on ids.source_id = described.source_id
left join polled on ids.source_id = polled.source_id
left join named on ids.source_id = named.source_id
