-- What have backfills come to?
-- A row per interval and source as its last run left it, newest interval first. Moments and runs are in the mart.
select
    source_id,
    cast(interval_start at time zone 'UTC' as date) as first_day,
    cast((interval_end - interval 1 microsecond) at time zone 'UTC' as date) as last_day,
    known + found as articles,
    recovered,
    replayed,
    unchanged,
    lost,
    waiting,
    documents_failed as unread
from backfills
qualify row_number() over (partition by source_id, interval_start, interval_end order by finished_at desc) = 1
order by interval_start desc, interval_end desc, source_id asc;
