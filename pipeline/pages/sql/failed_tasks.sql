-- Tasks of Airflow runs that failed for good, newest first.
select
    dag_id,
    run_id,
    task_id,
    label,
    occurred_at,
    error
from events.run_failed
order by occurred_at desc, task_id asc, map_index asc, position asc
limit 200
