-- The first and the last day that the file knows of. Articles are known of days before the first poll, too: of these,
-- the days count that are shown without a choice.
with covered as (
    select
        min(day) as first_on,
        max(day) as last_on
    from coverage_ledger
)

select
    last_on,
    least(first_on, (
        select cast(min(published_at) at time zone 'UTC' as date)
        from parts.articles_without_text
        where
            published_at >= cast(last_on - cast($days_shown as integer) + 1 as timestamp) at time zone 'UTC'
            and published_at < cast(last_on + 1 as timestamp) at time zone 'UTC'
    )) as first_on
from covered
