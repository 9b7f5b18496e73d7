"""Between the daily runs: poll the feeds that turn over faster than a day, and capture what they name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, dag, get_current_context, task


@dag(
    schedule=CronDataIntervalTimetable("30 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(minutes=50)},
    tags=["newsledger"],
    doc_md=__doc__,
)
def poll_hourly() -> None:
    @task
    def plan() -> list[str]:
        from pipeline.orchestrate import DagRun, plan_due_sources

        return plan_due_sources(DagRun.of(get_current_context()))

    @task(map_index_template="{{ task.op_kwargs['source_id'] }}", max_active_tis_per_dagrun=2)
    def collect(source_id: str) -> dict[str, int]:
        from pipeline.orchestrate import DagRun, collect_due

        return collect_due(source_id, DagRun.of(get_current_context()))

    collect.expand(source_id=plan())


poll_hourly()
