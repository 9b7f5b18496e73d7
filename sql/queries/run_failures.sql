-- Which tasks of which Airflow runs failed for good, and why? When did their run end well after that? Newest first.
select
    dag_id,
    run_id,
    task_id,
    label,
    try_number,
    occurred_at as failed_at,
    (
        select min(succeeded.occurred_at)
        from events.run_succeeded as succeeded
        where succeeded.stream = failed.stream and succeeded.position > failed.position
    ) as succeeded_at,
    error
from events.run_failed as failed
order by occurred_at desc, dag_id asc, task_id asc, map_index asc
limit 100;
