"""The daily run: plan ▶ collect per source ▶ extract ▶ annotate ▶ build_models ▶ publish ▶ sum_up ▶ verdict.

### What a run does

* **Scheduled**, every midnight (UTC): polls all feeds, then captures, extracts and annotates what the last seven days
  lack, so days on which nothing ran are made good as far as the feeds still go.
* **Manual**: the same; with an earlier logical date, what a backfill of the day that holds it does.
* **Backfill**: *recovers* what the ledger lacks of the day from the sources' sitemaps, a web archive and, if set,
  CC-NEWS. Pages are fetched live, archived ones where they are gone. Then *replays* every capture of the day that the
  current extractor and annotators have not read. Feeds are polled only if it is the latest day.

A day's articles are those published on it, and those first seen on it where no date is known. Runs may overlap: one run
at a time is at a host, one at a time writes to the ledger, one at a time builds the models.

### Backfill

Trigger ▸ Backfill, from and to included; any range, any order, several active runs.

* **Missing Runs** fills days that no run was about.
* **Missing and Errored Runs** also has failed runs go on: what they did is recorded, so they do the rest.
* **All Runs** asks again for what each day still lacks (of the history at most once a day), and replays what a newer
  extractor or annotator has not read. Where nothing lacks, nothing is done.

Parameters: `sources` (none means all), `recover` (off: no site is asked), `replay` (off: only pages that this run has
recovered are read). The backfill form sends them only if *Override parameters on existing runs* is ticked, also for
days without a run. Airflow does one backfill of a DAG at a time, and takes half a minute to see that one has ended.

### What it came to

`plan` logs for each source what there is to do as the ledger has it; `newsledger backfill FROM TO --dry-run` asks the
history, too. `sum_up` returns and logs how many articles were recovered, replayed, unchanged, lost and left waiting,
also where a task failed; `verdict` then fails the run, as it does where not one feed, or of the history not one
document, could be read. Each run and source is a row in `backfills`. What could not be asked is in
`events.history_read`, with its reason. A task that fails is tried again after one minute and after two; what it did is
not done twice.
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
            description="Ids of sources.toml, one a line. None means all.",
        ),
        "recover": Param(
            True,
            type="boolean",
            title="Recover",
            description="Past days: find in the sources' history what the ledger lacks, and fetch it.",
        ),
        "replay": Param(
            True,
            type="boolean",
            title="Replay",
            description="Past days: read archived captures that the current extractor and annotators have not read.",
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
        from pipeline.orchestrate import DagRun, extract_articles

        return extract_articles(DagRun.of(get_current_context()))

    @task(trigger_rule="all_done")
    def annotate() -> dict[str, int]:
        from pipeline.orchestrate import DagRun, annotate_articles

        return annotate_articles(DagRun.of(get_current_context()))

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
