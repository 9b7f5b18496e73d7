"""Once a week: merge the ledger's small files, and prove that ledger and archive hold what was recorded.

**merge_files** merges the small Parquet files that every append creates, one merged file at a time. It deletes files
that were replaced more than a day ago or left by a process that was killed. This makes queries over the ledger faster
(`python -m tests.benchmarks.maintenance` measures how much). It returns the number of files and bytes before and after.

**verify** recomputes the ledger's chain of digests. It compares the records archived in the last eight days and a
thirteenth of all others with their events, so that each record is read once a quarter. It looks for the heads of
earlier runs in the ledger, logs today's (`ledger_anchored`), and appends it to `anchors.jsonl`. It fails, naming the
first finding, and is not tried again, if anything is not as it was recorded. In that case stop the other DAGs, change
nothing, and run `newsledger verify --archive` for the whole list.

**test_models** runs the data tests on all rows of all tables. A build tests the rows that it has written. If a test
fails, the next build starts from an empty file.

**prune** deletes files left by killed builds, and what is stored about hosts and CC-NEWS files that were not used for
30 days.

All of this is safe while ingests run: they wait about a second for the ledger's lock. It changes no event and expires
no snapshot. You can run it at any time, by `newsledger maintain` or by triggering the DAG; the next run makes up for a
missed week. A task that fails after its retries is recorded: `newsledger sql run_failures`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag
from newsledger_defaults import DAG_ARGS, NOT_AT_ONCE
from newsledger_tasks import first_task, step

from pipeline.models_pool import MODELS_POOL


@dag(
    schedule=CronTriggerTimetable("0 3 * * 0", timezone="UTC", run_immediately=NOT_AT_ONCE),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=20),
    tags=["newsledger", "weekly"],
    description="Merges the ledger's files, verifies ledger and archive, tests all tables",
    doc_md=__doc__,
    **DAG_ARGS,
)
def maintain_weekly() -> None:
    @step(guard=first_task)
    def merge_files() -> dict[str, int]:
        """Merge the ledger's small files, and delete replaced and erased ones."""
        from pipeline import orchestrate

        return orchestrate.merge_ledger_files()

    @step(execution_timeout=timedelta(hours=8))
    def verify() -> dict[str, int | str]:
        """Prove that ledger and archive hold what was recorded; fail with the first finding, without a retry."""
        from pipeline import orchestrate

        return orchestrate.verify_stores()

    @step(pool=MODELS_POOL)
    def test_models() -> dict[str, int]:
        """Run the data tests on all rows of all tables."""
        from pipeline import orchestrate

        return orchestrate.test_models()

    @step(pool=MODELS_POOL)
    def prune() -> list[str]:
        """Delete what killed builds have left, and old files about hosts; returns their paths."""
        from pipeline import orchestrate

        return orchestrate.prune_files()

    merge_files() >> [verify(), test_models(), prune()]


maintain_weekly()
