-- The counts that the run recorded for its backfill since it was last started, one row per source.
select source_id, known, found, recovered, replayed, unchanged, lost, waiting
from ledger.backfill_finished
where run_id = $run_id
qualify
    row_number() over (partition by source_id, interval_start, interval_end order by position desc) = 1
    and started_at = max(started_at) over ()
order by source_id
