"""The daily run: plan ▶ collect per source ▶ extract ▶ annotate ▶ build_models ▶ publish ▶ sum_up ▶ verdict.

### What a run does

* **Scheduled** runs start every midnight (UTC). They poll all feeds, then capture, extract and annotate everything that
  is pending from the last seven days. So a run also makes up for missed days, as far as the feeds still show them.
* **Manual** runs do the same. With an earlier logical date, a manual run does what a backfill of that day does.
* **Backfill** runs first *recover* missing articles of the day from the sources' sitemaps, a web archive and, if
  configured, CC-NEWS. Pages are fetched live, or from the archive if they are gone. Then they *replay* the day: the
  current extractor and annotators process every capture that they have not processed yet. Feeds are polled only if
  the day is the latest one.

The articles of a day are those published on it, or first seen on it if their date is unknown. Runs may overlap: only
one run at a time collects from a host, one writes to the ledger, and one builds the models.

### Backfill

Choose Trigger ▸ Backfill. Both dates are included; any range and order is possible, with several active runs.

* **Missing Runs** runs days that no run was about.
* **Missing and Errored Runs** also runs failed days again. What they did is recorded, so they only do the rest.
* **All Runs** tries again to recover what each day is still missing (it searches the history at most once a day) and
  replays what a newer extractor or annotator has not processed. If nothing is missing, it does nothing.

Parameters: `sources` (empty means all), `recover` (off: nothing is requested from any site), `replay` (off: only pages
that this run has recovered are processed). The backfill form sends them only if *Override parameters on existing runs*
is ticked, also for days without a run. Airflow handles one backfill of a DAG at a time, and takes half a minute to
notice that one has ended.

### Results

`plan` logs what the ledger says there is to do for each source; `newsledger backfill FROM TO --dry-run` also searches
the history. `sum_up` returns and logs how many articles were recovered, replayed, unchanged, lost and left waiting,
even if a task failed. `verdict` fails the run if a task failed, if no feed could be read, or if no document of the
history could be fetched. The mart `backfills` has a row for each run and source. Documents that could not be fetched
are in `events.history_read`, with the reason. A failed task is retried after one minute and after two more; it does
nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, CronDataIntervalTimetable, Param, dag, get_current_context, task

NEWS = Asset("news.duckdb")
MODELS_POOL = "newsledger_models"
"""One slot, so that two runs never build the models at once."""


def record_failure(context: Mapping[str, Any]) -> None:
    from pipeline.orchestrate import record_failure

    record_failure(context)


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2,  # times as long
        "max_retry_delay": timedelta(minutes=15),
        "execution_timeout": timedelta(hours=2),
        "on_failure_callback": record_failure,
    },
    params={
        "sources": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
            uniqueItems=True,
            title="Sources",
            description="Ids from sources.toml, one a line. Empty means all.",
        ),
        "recover": Param(
            True,
            type="boolean",
            title="Recover",
            description="Past days: search the sources' history for missing articles, and fetch them.",
        ),
        "replay": Param(
            True,
            type="boolean",
            title="Replay",
            description="Past days: run the current extractor and annotators on archived pages.",
        ),
    },
    tags=["newsledger"],
    doc_md=__doc__,
)
def ingest_daily() -> None:
    @task
    def plan() -> list[str]:
        from pipeline.orchestrate import DagRun, plan_sources

        return plan_sources(DagRun.of(get_current_context()))

    @task(map_index_template="{{ task.op_kwargs['source_id'] }}", max_active_tis_per_dagrun=4)
    def collect(source_id: str) -> dict[str, int]:
        from pipeline.orchestrate import DagRun, collect_source

        return collect_source(source_id, DagRun.of(get_current_context()))

    # One source, or one page, that fails must not keep the others from being published; `verdict` fails the run.
    @task(trigger_rule="all_done")
    def extract() -> dict[str, int]:
        from pipeline.orchestrate import DagRun, process

        return process("extract", DagRun.of(get_current_context()))

    @task(trigger_rule="all_done")
    def annotate() -> dict[str, int]:
        from pipeline.orchestrate import DagRun, process

        return process("annotate", DagRun.of(get_current_context()))

    @task(pool=MODELS_POOL, trigger_rule="all_done")
    def build_models() -> dict[str, int]:
        from pipeline.orchestrate import DagRun, build_models

        return build_models(DagRun.of(get_current_context()))

    @task(pool=MODELS_POOL, outlets=[NEWS])
    def publish() -> dict[str, int]:
        from pipeline.orchestrate import publish_models

        counts = publish_models()
        get_current_context()["outlet_events"][NEWS].extra = dict(counts)
        return counts

    @task(trigger_rule="all_done")
    def sum_up() -> dict[str, int]:
        from pipeline.orchestrate import DagRun
        from pipeline.orchestrate import sum_up as sum_up_run

        return sum_up_run(DagRun.of(get_current_context()))

    @task(retries=0)
    def verdict(numbers: Mapping[str, int]) -> None:
        from pipeline.orchestrate import conclude

        conclude(numbers)

    collected = collect.expand(source_id=plan())
    extracted, annotated, published, numbers = extract(), annotate(), publish(), sum_up()
    collected >> extracted >> annotated >> build_models() >> published >> numbers
    [collected, extracted, annotated, published] >> verdict(numbers)  # type: ignore[arg-type]  # its value, when it runs


ingest_daily()
