-- names_monthly: one row per month (UTC), source and name: the sums of `names_daily`
{{ config(
    materialized='incremental', schema='parts', unique_key='month', meta={'touched': 'touched_news_months'}
) }}
-- rows are found by their days, which are sorted: to compute the month of each row takes five times as long
with days as (
    select cast(unnest(generate_series(month, last_day(month), interval 1 day)) as date) as day
    from {{ ref('touched_news_months') }}
)

select
    date_trunc('month', day) as month,
    source_id,
    kind,
    name,
    cast(sum(articles) as bigint) as articles,
    cast(sum(mentions) as bigint) as mentions,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at,
    list_sort(
        list_distinct(flatten(list(distinct languages) filter (where languages is not null)))
    ) as languages,
    any_value(rule) as rule,
    max(last_role) as last_role,
    max(last_party) as last_party,
    max(last_country) as last_country,
    cast(sum(quoting_articles) as bigint) as quoting_articles,
    cast(sum(direct_quotes) as bigint) as direct_quotes,
    cast(sum(indirect_quotes) as bigint) as indirect_quotes,
    min(first_heard_at) as first_heard_at,
    max(last_heard_at) as last_heard_at
from {{ ref('names_daily') }}
where day in (select days.day from days)
group by all
