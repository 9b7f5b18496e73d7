-- What happened to the articles of the last seven days in the published file, by source and day.
select
    source_id,
    day,
    seen,
    captured + captured_from_feed as captured,
    failed,
    pending,
    gaps,
    volume = 'quiet' as is_quiet,
    polls
from main.coverage_ledger
qualify day > max(day) over () - 7
order by source_id, day
