-- The newest snapshot, and the last number of a file that was given out by then.
select
    snapshot_id,
    next_file_id - 1 as file_id
from __ducklake_metadata_ledger.ducklake_snapshot
order by snapshot_id desc
limit 1
