-- The source's days.
select
    source_id,
    day,
    polls,
    polls_failed,
    seen,
    captured + captured_from_feed as captured,
    failed as lost,
    pending as waiting,
    unreadable,
    gaps,
    gap_hours,
    expected_low,
    expected_high,
    volume,
    max(seen) over () as most_seen
from coverage_ledger
where source_id = $source_id and day between $from_on and $to_on
order by day
