-- Tasks of Airflow runs that failed for good, newest first; and when their run ended well after that.
select
    dag_id,
    run_id,
    task_id,
    label,
    occurred_at,
    error,
    (
        select min(succeeded.occurred_at)
        from events.run_succeeded as succeeded
        where succeeded.stream = failed.stream and succeeded.position > failed.position
    ) as succeeded_at
from events.run_failed as failed
order by occurred_at desc, task_id asc, map_index asc, position asc
limit 200
