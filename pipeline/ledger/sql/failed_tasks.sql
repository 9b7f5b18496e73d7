-- Tasks that have failed for good since the given time, newest first.
select dag_id, run_id, task_id, label, occurred_at, error
from ledger.run_failed
where occurred_at >= $since
order by occurred_at desc, dag_id asc, task_id asc, map_index asc
