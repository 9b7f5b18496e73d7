-- mentions_daily: one row per day (UTC), source and name: how many articles of that day name it, and how often
{{ config(materialized='incremental', unique_key='day', meta={'touched': 'touched_news_days'}) }}
select
    {{ news_day('articles') }} as day,
    mentions.source_id,
    mentions.kind,
    mentions.name,
    count(distinct mentions.article_id) as articles,
    count(*) as mentions
from {{ ref('articles') }} as articles
inner join {{ ref('mentions') }} as mentions on articles.article_id = mentions.article_id
where {{ news_day('articles') }} in (select touched.day from {{ ref('touched_news_days') }} as touched)
group by all
