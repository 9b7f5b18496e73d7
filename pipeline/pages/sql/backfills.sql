-- The backfills that ran on the chosen days, newest first: what each one found, recovered and read again.
select
    backfill_id,
    run_id,
    source_id,
    interval_start,
    interval_end,
    started_at,
    finished_at,
    known,
    found,
    recovered,
    replayed,
    unchanged,
    lost,
    waiting,
    documents_read,
    documents_failed
from main.backfills
where
    ($only_source is null or source_id = $only_source)
    and ($only_run is null or run_id = $only_run)
    and ($since_on is null or main.utc_day(finished_at) >= $since_on)
    and ($until_on is null or main.utc_day(started_at) <= $until_on)
order by finished_at desc, source_id, backfill_id
limit $row_limit
