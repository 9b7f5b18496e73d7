-- Which sources brought fewer articles than usual for the weekday, in the last 30 days? Newest first.
select
    source_id,
    day,
    dayname(day) as weekday,
    seen,
    expected_low,
    expected_median,
    polls,
    polls_failed,
    gaps
from coverage_ledger
where volume = 'quiet' and day > (select max(latest.day) - 30 from coverage_ledger as latest)
order by day desc, seen / expected_median asc, source_id asc;
