-- touched_news_months: one row per month (UTC) on a day of which a touched article was published
{{ config(materialized='table', schema='touched') }}
select distinct date_trunc('month', day) as month
from {{ ref('touched_news_days') }}
