-- The first and the last day that the file knows of. Articles are known of days before the first poll, too: of these,
-- the days count that are shown without a choice.
with covered as (
    select
        min(day) as first_on,
        max(day) as last_on
    from coverage_ledger
),

published as (
    select cast(published_at at time zone 'UTC' as date) as day
    from articles
)

select
    covered.last_on,
    least(covered.first_on, min(published.day)) as first_on
from covered
left join published on published.day between covered.last_on - cast($days_shown as integer) + 1 and covered.last_on
group by covered.first_on, covered.last_on
