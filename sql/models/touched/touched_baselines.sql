-- touched_baselines: one row per source and day (UTC) whose expected counts this build may change
{{ config(materialized='table', schema='touched') }}
with causes as (
    select
        source_id,
        day
    from {{ ref('touched_days') }}
    union
    -- a source's first day that was read is no basis for others; which day that is may have changed
    select
        counts.source_id,
        min(counts.day) as day
    from {{ ref('coverage_counts') }} as counts
    anti join {{ ref('touched_days') }} using (source_id, day)
    where
        counts.was_read
        and counts.source_id in (select touched.source_id from {{ ref('touched_days') }} as touched)
    group by counts.source_id
),

reached as (
    select
        source_id,
        day
    from {{ ref('touched_days') }}
    union
    select
        source_id,
        cast(day + cast(unnest(range(7, 57, 7)) as integer) as date) as day
    from causes
)

select
    reached.source_id,
    reached.day
from reached
inner join {{ ref('coverage_counts') }} using (source_id, day)
