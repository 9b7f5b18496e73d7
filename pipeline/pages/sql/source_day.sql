-- The source on the day.
select
    source_id,
    day,
    polls,
    seen,
    captured + captured_from_feed as captured,
    failed as lost,
    pending as waiting,
    gaps,
    gap_hours,
    expected_low,
    expected_high,
    volume
from coverage_ledger
where source_id = $source_id and day = $day
