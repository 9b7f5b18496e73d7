-- coverage_baselines: one row per source and day (UTC), with the number of articles to expect by the weeks before
{{ config(
    materialized='incremental', schema='parts', unique_key=['source_id', 'day'], meta={'touched': 'touched_baselines'}
) }}
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

same_weekdays as (
    -- the same weekday in the 8 weeks before
    select
        source_id,
        day,
        cast(day - cast(unnest(range(7, 57, 7)) as integer) as date) as earlier_day
    from {{ ref('touched_baselines') }}
),

baselines as (
    select
        same_weekdays.source_id,
        same_weekdays.day,
        median(days.seen) as seen_median,
        median(days.seen_root) as root_median,
        mad(days.seen_root) as root_mad
    from same_weekdays
    inner join days on same_weekdays.source_id = days.source_id and same_weekdays.earlier_day = days.day
    where days.is_comparable
    group by same_weekdays.source_id, same_weekdays.day
    having count(*) >= 3
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
)

-- the bounds as counts again: the square of the root, less the 0.375 that was added
select
    source_id,
    day,
    cast(greatest(ceil(power(greatest(root_median - margin, 0), 2) - 0.375), 0) as bigint) as expected_low,
    seen_median as expected_median,
    cast(floor(power(root_median + margin, 2) - 0.375) as bigint) as expected_high
from bounds
