-- Counts by source of the articles of the last seven days in the published file, by outcome.
with days as (
    select *
    from main.coverage_ledger
    qualify day > max(day) over () - 7
)

select
    source_id,
    cast(sum(seen) as bigint) as seen,
    cast(sum(captured + captured_from_feed) as bigint) as captured,
    cast(sum(failed) as bigint) as failed,
    cast(sum(pending) as bigint) as pending,
    cast(sum(gaps) as bigint) as gaps,
    coalesce(list(strftime(day, '%d %b') order by day) filter (where volume = 'quiet'), []) as quiet_days,
    count(*) filter (where polls = 0) as days_not_polled
from days
group by source_id
