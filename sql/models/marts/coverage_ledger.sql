-- coverage_ledger: one row per source and day (UTC): what was seen, captured and read, and what may have been missed
with days as (
    -- Days to compare with. The first day with a successful poll is left out: it brought everything that the feeds
    -- contained. Counts are compared by their square roots (Anscombe's transform): if articles come by chance, the
    -- standard deviation of the root is one half, however large the count is.
    select
        source_id,
        day,
        seen,
        sqrt(seen + 0.375) as seen_root,
        was_read and day > min(day) filter (where was_read) over (partition by source_id) as is_comparable
    from {{ ref('coverage_counts') }}
),

baselines as (
    select
        source_id,
        day,
        count(*) filter (where is_comparable) over same_weekday as days,
        median(seen) filter (where is_comparable) over same_weekday as seen_median,
        median(seen_root) filter (where is_comparable) over same_weekday as root_median,
        mad(seen_root) filter (where is_comparable) over same_weekday as root_mad
    from days
    window same_weekday as (
        partition by source_id, dayofweek(day)
        order by day
        range between interval 56 days preceding and interval 7 days preceding
    )
),

bounds as (
    -- The margin is three standard deviations. One is 1.4826 times the median absolute deviation (MAD), but at least
    -- that of chance, 0.5, and at least 15 % of the median count, which is 7.5 % of its root.
    select
        source_id,
        day,
        seen_median,
        root_median,
        3 * greatest(1.4826 * root_mad, 0.5, 0.075 * root_median) as margin
    from baselines
    where days >= 3
),

expected as (
    -- the bounds as counts again: the square of the root, less the 0.375 that was added
    select
        source_id,
        day,
        cast(greatest(ceil(power(greatest(root_median - margin, 0), 2) - 0.375), 0) as bigint) as low,
        seen_median as median,
        cast(floor(power(root_median + margin, 2) - 0.375) as bigint) as high
    from bounds
),

compared as (
    select
        counts.*,
        expected.low as expected_low,
        expected.median as expected_median,
        expected.high as expected_high,
        case
            when not counts.was_read or expected.median is null then 'unknown'
            when counts.seen > expected.high then 'surge'
            when counts.seen >= expected.low then 'normal'
            -- the last day of the data may not be over
            when counts.day = (select max(all_days.day) from days as all_days) then 'unknown'
            else 'quiet'
        end as volume
    from {{ ref('coverage_counts') }} as counts
    left join expected on counts.source_id = expected.source_id and counts.day = expected.day
)

select {{ described_columns() }}
from compared
