-- touched_news_days: one row per day (UTC) on which a touched article was published, now or by the last build
{{ config(materialized='table', schema='touched') }}
select day
from {{ source('touched', 'news_days_before') }}
union
select {{ news_day('articles') }} as day
from {{ written(ref('articles_without_text')) }} as articles
