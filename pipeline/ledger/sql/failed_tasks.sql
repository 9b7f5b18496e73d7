-- Tasks that have failed for good since the given time, newest first; and when their run ended well after that.
select
    dag_id,
    run_id,
    task_id,
    label,
    occurred_at,
    error,
    (
        select min(succeeded.occurred_at)
        from ledger.run_succeeded as succeeded
        where succeeded.stream = failed.stream and succeeded.position > failed.position
    ) as succeeded_at
from ledger.run_failed as failed
where occurred_at >= $since
order by occurred_at desc, dag_id asc, task_id asc, map_index asc
