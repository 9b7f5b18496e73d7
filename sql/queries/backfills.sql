-- What have backfills recovered?
-- A row per interval and source, newest interval first: recovered and replayed articles of all its runs together, lost
-- and waiting articles after the last run. The mart has a row for each run.
select
    source_id,
    cast(interval_start at time zone 'UTC' as date) as first_day,
    cast((interval_end - interval 1 microsecond) at time zone 'UTC' as date) as last_day,
    count(*) as runs,
    arg_max(known + found, finished_at) as articles,
    cast(sum(recovered) as bigint) as recovered,
    cast(sum(replayed) as bigint) as replayed,
    arg_max(lost, finished_at) as lost,
    arg_max(waiting, finished_at) as waiting,
    arg_max(documents_failed, finished_at) as unread
from backfills
group by source_id, interval_start, interval_end
order by interval_start desc, interval_end desc, source_id asc;
