-- The sums of the period.
select
    cast(coalesce(sum(polls), 0) as bigint) as polls,
    cast(coalesce(sum(polls_failed), 0) as bigint) as polls_failed,
    cast(coalesce(sum(seen), 0) as bigint) as seen,
    cast(coalesce(sum(captured + captured_from_feed), 0) as bigint) as captured,
    cast(coalesce(sum(failed), 0) as bigint) as lost,
    cast(coalesce(sum(pending), 0) as bigint) as waiting,
    cast(coalesce(sum(unreadable), 0) as bigint) as unreadable,
    cast(coalesce(sum(gaps), 0) as bigint) as gaps
from coverage_ledger
where source_id = $source_id and day between $from_on and $to_on
