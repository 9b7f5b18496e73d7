-- Which tasks of which Airflow runs failed for good, and why? Newest first.
select
    dag_id,
    run_id,
    task_id,
    label,
    try_number,
    occurred_at as failed_at,
    error
from events.run_failed
order by occurred_at desc, dag_id asc, task_id asc, map_index asc
limit 100;
