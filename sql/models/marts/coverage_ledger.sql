-- coverage_ledger: one row per source and day (UTC): what was seen, captured and read, and what may have been missed
{{ config(materialized='view') }}
with compared as (
    select
        counts.*,
        baselines.expected_low,
        baselines.expected_median,
        baselines.expected_high,
        case
            when not counts.was_read or baselines.expected_median is null then 'unknown'
            when counts.seen > baselines.expected_high then 'surge'
            when counts.seen >= baselines.expected_low then 'normal'
            -- the last day of the data may not be over
            when counts.day = (select max(all_days.day) from {{ ref('coverage_counts') }} as all_days) then 'unknown'
            else 'quiet'
        end as volume
    from {{ ref('coverage_counts') }} as counts
    left join {{ ref('coverage_baselines') }} as baselines
        on counts.source_id = baselines.source_id and counts.day = baselines.day
)

select {{ described_columns() }}
from compared
