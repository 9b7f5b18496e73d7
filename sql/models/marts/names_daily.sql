-- names_daily: one row per day (UTC), source and name: how articles of that day name and quote it
{{ config(
    materialized='incremental', schema='parts', unique_key='day', meta={'touched': 'touched_news_days'}
) }}
with articles as (
    select
        articles.article_id,
        articles.language,
        articles.published_at,
        coalesce(articles.published_at, articles.first_seen_at) as seen_at,
        {{ news_day('articles') }} as day
    from {{ ref('articles_without_text') }} as articles
    where {{ news_day('articles') }} in (select touched.day from {{ ref('touched_news_days') }} as touched)
),

named as (
    {{ rows_of(ref('mentions'), 'articles') }}
),

quoted as (
    {{ rows_of(ref('quotes'), 'articles') }} and person is not null
),

-- if several mentions have one time, the first one in the text counts
placed as (
    select
        named.*, -- noqa: RF02
        articles.day,
        articles.language,
        articles.seen_at,
        named.kind = 'person' as is_person,
        -named.start_char as place
    from named
    inner join articles on named.article_id = articles.article_id
),

mentions_by_day as (
    select
        day,
        source_id,
        kind,
        name,
        count(distinct article_id) as articles,
        count(*) as mentions,
        min(seen_at) filter (where is_person) as first_seen_at,
        max(seen_at) filter (where is_person) as last_seen_at,
        list_sort(list(distinct language) filter (where is_person and language is not null)) as languages,
        any_value(rule) filter (where is_person) as rule,
        max(struct_pack(seen_at := seen_at, place := place, id := mention_id, given := role)) filter (
            where is_person and role is not null
        ) as last_role,
        max(struct_pack(seen_at := seen_at, place := place, id := mention_id, given := party)) filter (
            where is_person and party is not null
        ) as last_party,
        max(struct_pack(seen_at := seen_at, place := place, id := mention_id, given := country)) filter (
            where is_person and country is not null
        ) as last_country
    from placed
    group by day, source_id, kind, name
),

quotes_by_day as (
    select
        articles.day,
        quoted.source_id,
        'person' as kind,
        quoted.person as name,
        count(distinct quoted.article_id) as quoting_articles,
        count(*) filter (where quoted.kind = 'direct') as direct_quotes,
        count(*) filter (where quoted.kind = 'indirect') as indirect_quotes,
        min(articles.seen_at) as first_heard_at,
        max(articles.seen_at) as last_heard_at
    from quoted
    inner join articles on quoted.article_id = articles.article_id
    group by articles.day, quoted.source_id, quoted.person
)

select
    day,
    source_id,
    kind,
    name,
    coalesce(mentions_by_day.articles, 0) as articles,
    coalesce(mentions_by_day.mentions, 0) as mentions,
    mentions_by_day.first_seen_at,
    mentions_by_day.last_seen_at,
    mentions_by_day.languages,
    mentions_by_day.rule,
    mentions_by_day.last_role,
    mentions_by_day.last_party,
    mentions_by_day.last_country,
    coalesce(quotes_by_day.quoting_articles, 0) as quoting_articles,
    coalesce(quotes_by_day.direct_quotes, 0) as direct_quotes,
    coalesce(quotes_by_day.indirect_quotes, 0) as indirect_quotes,
    quotes_by_day.first_heard_at,
    quotes_by_day.last_heard_at
from mentions_by_day
full join quotes_by_day using (day, source_id, kind, name)
