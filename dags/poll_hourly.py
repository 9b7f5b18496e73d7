"""Between the daily runs: poll the feeds that turn over faster than a day, capture what they name, look at pages again.

**plan** names the sources with a feed that is due: half of what it holds may have been replaced since it was polled
last, by its fastest turnover of the last seven days; and those with captured pages that have reached an age at which
they are looked at again (`NEWSLEDGER_REVISIT_AFTER`). One **collect** task each, named after its source, polls those
feeds, captures the pages of their new and changed items, and looks at the pages that are due. All that is put into
ledger and archive; the next daily run extracts, annotates and publishes it.

A run for which nothing is due does nothing. What a run could not fetch, because a host wants to be left alone or did
not answer, is recorded and tried again by a later run: a failed run may be cleared, a missed one need not be made up.
It does not poll for the past: a run that is triggered for an earlier hour does nothing. A task fails when something is
broken here (a full disk, a locked ledger, an error in the code), and that is recorded: `newsledger sql run_failures`.
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
