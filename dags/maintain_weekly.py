"""Once a week: the ledger's small files are merged, and ledger and archive are proven to hold what was recorded.

**merge_files** merges the small Parquet files that every append leaves, one merged file at a time, and deletes those
that were replaced more than a day ago or left by a process that was killed. Queries over the ledger get faster by it
(`python -m tests.benchmarks.maintenance` measures how much). Its return value says how many files and bytes there were
and are.

**verify** recomputes the ledger's chain of digests, and reads back the pages archived in the last eight days and a
thirteenth of all others, so that each is read once a quarter. It fails, and names it, if anything is not as it was
recorded: then stop the other DAGs, keep everything as it is, and see `newsledger verify --archive` for the whole list.

**prune** deletes what killed builds have left, and what is known of hosts that nobody has asked for 30 days, or kept of
CC-NEWS files for as long.

All of it is safe beside running ingests: they wait a second or so for the ledger's lock. No event is changed and no
snapshot expired. It may be run at any time, by hand (`newsledger maintain`) or by triggering it; a missed week is made
good by the next. A task that fails for good is recorded: `newsledger sql run_failures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, dag, task

MODELS_POOL = "newsledger_models"
"""One slot: nothing is pruned while models are built."""


def record_failure(context: Mapping[str, Any]) -> None:
    from pipeline.orchestrate import record_failure

    record_failure(context)


@dag(
    schedule=CronDataIntervalTimetable("0 3 * * 0", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": 2,  # times as long
        "max_retry_delay": timedelta(hours=1),
        "execution_timeout": timedelta(hours=2),
        "on_failure_callback": record_failure,
    },
    tags=["newsledger"],
    doc_md=__doc__,
)
def maintain_weekly() -> None:
    @task
    def merge_files() -> dict[str, int]:
        from pipeline.orchestrate import merge_ledger_files

        return merge_ledger_files()

    @task(execution_timeout=timedelta(hours=8))
    def verify() -> dict[str, int | str]:
        from pipeline.orchestrate import verify_stores

        return verify_stores()

    @task(pool=MODELS_POOL)
    def prune() -> list[str]:
        from pipeline.orchestrate import prune_files

        return prune_files()

    merge_files() >> verify()
    prune()


maintain_weekly()
