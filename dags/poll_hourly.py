"""Between the daily runs: poll the feeds that are due, capture new pages, and fetch captured pages again.

**plan** lists the sources that have something due. A feed is due if half of its items may have been replaced since its
last poll, judged by its fastest turnover of the last seven days. A captured page is due if it has reached an age at
which it is fetched again (`NEWSLEDGER_REVISIT_AFTER`). It deals those sources into a few shards. One **collect** task
per shard, named by its first and last source, polls those feeds, captures the pages of new and changed items, and
fetches the pages that are due; its log has one line for each source. The next daily run extracts, annotates and
publishes them.

A run without anything due does nothing. A page or feed that could not be fetched, because the host asked for a pause
or did not answer, is recorded, and a later run tries it again. So a failed run may be cleared, and a missed run need
not be repeated. A run that is triggered for an earlier hour does nothing, because feeds cannot be polled for the
past. One with a logical date in the future waits for it, and the scheduled runs wait with it. A task fails if something
is wrong here (a full disk, a locked ledger, an error in the code). The failure is recorded: `newsledger sql
run_failures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag
from airflow.sdk.configuration import conf
from newsledger_defaults import DAG_ARGS, NOT_AT_ONCE
from newsledger_tasks import first_task, step, this_run

HOUR = timedelta(hours=1)
SLOTS = max(conf.getint("core", "parallelism") // 2, 1)
"""Half of Airflow's slots, so that a daily run can work at the same time."""


@dag(
    schedule=CronTriggerTimetable("30 * * * *", timezone="UTC", interval=HOUR, run_immediately=NOT_AT_ONCE),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    tags=["newsledger", "hourly"],
    description="Polls the feeds and fetches the pages that are due between the daily runs",
    doc_md=__doc__,
    **DAG_ARGS,
)
def poll_hourly() -> None:
    @step(guard=first_task, retries=1)
    def plan() -> list[Mapping[str, Any]]:
        """Deal the sources that have something due into shards; fail at once if a person has to correct something."""
        from pipeline import orchestrate

        return orchestrate.plan_due_sources(this_run(HOUR), SLOTS)

    @step(
        retries=1,
        execution_timeout=timedelta(minutes=50),
        map_index_template="{{ task.op_kwargs['shard']['label'] }}",
    )
    def collect(shard: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Poll the feeds and fetch the pages of a shard that are due. The log has a line a source."""
        from pipeline import orchestrate

        return orchestrate.collect_due(shard, this_run(HOUR))

    collect.expand(shard=plan())


poll_hourly()
