-- Tasks of Airflow runs that failed for good on the chosen days, newest first; and when their run succeeded later.
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
where
    ($since_on is null or main.utc_day(occurred_at) >= $since_on)
    and ($until_on is null or main.utc_day(occurred_at) <= $until_on)
order by occurred_at desc, task_id asc, map_index asc, position asc
limit $row_limit
