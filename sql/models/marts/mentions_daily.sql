-- mentions_daily: one row per day (UTC), source and name: how many articles of that day name it, and how often
{{ config(materialized='view') }}
select
    day,
    source_id,
    kind,
    name,
    articles,
    mentions
from {{ ref('names_daily') }}
where mentions > 0
