-- touched_days: one row per source and day (UTC) whose counts this build may change
{{ config(materialized='table', schema='touched') }}
with last_day as (
    select max(day) as day
    from {{ ref('feed_days') }}
),

every_day as (
    -- each source has a row for each day since it was first polled
    select
        source_id,
        cast(unnest(generate_series(min(day), (select last_day.day from last_day), interval 1 day)) as date) as day
    from {{ ref('feed_days') }}
    group by source_id
)

select
    every_day.source_id,
    every_day.day
from every_day
anti join {{ source('touched', 'days_before') }} using (source_id, day)
union
select
    source_id,
    day
from {{ ref('touched_feed_days') }}
union
select
    source_id,
    day
from {{ source('touched', 'sighted_before') }}
union
select
    source_id,
    unnest(sighted_on) as day
from {{ written(ref('article_coverage')) }}
