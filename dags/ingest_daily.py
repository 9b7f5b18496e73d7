"""The daily run: plan ▶ collect per source ▶ extract ▶ annotate ▶ build_models ▶ publish ▶ verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, get_current_context, task

NEWS = Asset("news.duckdb")
MODELS_POOL = "newsledger_models"
"""One slot, so that two runs never build the models at once."""


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
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
        from pipeline.orchestrate import build_models

        return build_models()

    @task(pool=MODELS_POOL, outlets=[NEWS])
    def publish() -> str:
        from pipeline.orchestrate import publish_models

        return publish_models()

    @task(retries=0)
    def verdict() -> dict[str, int]:
        from pipeline.orchestrate import DagRun, require_feeds

        return require_feeds(DagRun.of(get_current_context()))

    collected = collect.expand(source_id=plan())
    extracted, annotated, published = extract(), annotate(), publish()
    collected >> extracted >> annotated >> build_models() >> published
    [collected, extracted, annotated, published] >> verdict()


ingest_daily()
