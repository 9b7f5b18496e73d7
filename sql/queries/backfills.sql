-- What have backfills come to? A row per interval and source as its last run left it, newest interval first.
select
    source_id,
    interval_start,
    interval_end,
    known + found as articles,
    found,
    recovered,
    replayed,
    unchanged,
    lost,
    waiting,
    documents_failed,
    finished_at,
    run_id
from backfills
qualify row_number() over (partition by source_id, interval_start, interval_end order by finished_at desc) = 1
order by interval_start desc, source_id asc;
