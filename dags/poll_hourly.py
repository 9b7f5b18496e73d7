"""Between the daily runs: poll the feeds that are due, capture new pages, and fetch captured pages again.

**plan** lists the sources that have something due. A feed is due if half of its items may have been replaced since its
last poll, judged by its fastest turnover of the last seven days. A captured page is due if it has reached an age at
which it is fetched again (`NEWSLEDGER_REVISIT_AFTER`). One **collect** task per source polls those feeds, captures the
pages of new and changed items, and fetches the pages that are due. The next daily run extracts, annotates and publishes
them.

A run without anything due does nothing. A page or feed that could not be fetched, because the host asked for a pause
or did not answer, is recorded, and a later run tries it again. So a failed run may be cleared, and a missed run need
not be repeated. A run that is triggered for an earlier hour does nothing, because feeds cannot be polled for the
past. A task fails if something is wrong here (a full disk, a locked ledger, an error in the code). The failure is
recorded: `newsledger sql run_failures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, dag, get_current_context, task

HOUR = timedelta(hours=1)


def record_failure(context: Mapping[str, Any]) -> None:
    from pipeline.orchestrate import record_failure

    record_failure(context)


@dag(
    schedule=CronDataIntervalTimetable("30 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2,  # times as long
        "execution_timeout": timedelta(minutes=50),
        "on_failure_callback": record_failure,
    },
    tags=["newsledger"],
    doc_md=__doc__,
)
def poll_hourly() -> None:
    @task
    def plan() -> list[str]:
        from pipeline.orchestrate import DagRun, plan_due_sources

        return plan_due_sources(DagRun.of(get_current_context(), HOUR))

    @task(map_index_template="{{ task.op_kwargs['source_id'] }}", max_active_tis_per_dagrun=2)
    def collect(source_id: str) -> dict[str, int]:
        from pipeline.orchestrate import DagRun, collect_due

        return collect_due(source_id, DagRun.of(get_current_context(), HOUR))

    collect.expand(source_id=plan())


poll_hourly()
