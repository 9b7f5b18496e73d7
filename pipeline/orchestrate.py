"""What the DAG's tasks do, a function a task: settings from the environment, counts out, all else by the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

import msgspec
import structlog

from pipeline import models
from pipeline.errors import NewsledgerError
from pipeline.ledger import Run
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import load_sources, select
from pipeline.steps.annotate import annotate
from pipeline.steps.collect import collect, recapture
from pipeline.steps.extract import extract
from pipeline.steps.feed_state import Which, due_sources
from pipeline.steps.poll import failed_polls
from pipeline.steps.progress import log_progress
from pipeline.steps.stores import StepResult, Stores
from pipeline.steps.window import Window, run_window

log = structlog.get_logger()


class DagRun(msgspec.Struct, frozen=True):
    """What Airflow says of the run a task belongs to."""

    run_id: str
    data_interval_start: datetime | None
    data_interval_end: datetime | None

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> Self:
        """The run that a task belongs to, from the task's context."""
        return cls(context["run_id"], context.get("data_interval_start"), context.get("data_interval_end"))


def plan_sources(dag_run: DagRun) -> list[str]:
    """The ids of all sources, one mapped task each. Raises ValueError for a run without a data interval."""
    settings = load_settings()
    _window(dag_run, settings)
    return [source.id for source in load_sources(settings.sources)]


def plan_due_sources(dag_run: DagRun) -> list[str]:
    """The ids of the sources with a feed that is due; none for a run of the past. Raises ValueError as above."""
    with _stores(dag_run) as (stores, window):
        sources = load_sources(stores.settings.sources)
        return [source.id for source in due_sources(stores.ledger, sources, stores.now())] if window.live else []


def collect_due(source_id: str, dag_run: DagRun) -> dict[str, int]:
    """Poll those of the source's feeds that are due, and capture what its items lack."""
    with _stores(dag_run) as (stores, _):
        result = collect(stores, select(load_sources(stores.settings.sources), [source_id]), Which.DUE)
    return _counts(result)


def collect_source(source_id: str, dag_run: DagRun) -> dict[str, int]:
    """Poll the source's feeds, if the run is live, and capture what its items lack."""
    with _stores(dag_run) as (stores, window):
        sources = select(load_sources(stores.settings.sources), [source_id])
        result = collect(stores, sources) if window.live else recapture(stores, sources, window.interval)
    return _counts(result)


def extract_articles(dag_run: DagRun) -> dict[str, int]:
    """Extract what the window's captures lack."""
    with _stores(dag_run) as (stores, window):
        result = extract(stores, window.interval)
    return _counts(result)


def annotate_articles(dag_run: DagRun) -> dict[str, int]:
    """Annotate what the window's extractions lack."""
    with _stores(dag_run) as (stores, window):
        result = annotate(stores, window.interval)
    return _counts(result)


def build_models() -> dict[str, int]:
    """Build and test the SQL models."""
    built = models.build(load_settings())
    return {"models": built.models, "tests": built.tests, "head_position": built.head_position}


def publish_models() -> str:
    """Replace news.duckdb by the build."""
    return str(models.publish(load_settings()))


def require_feeds(dag_run: DagRun) -> dict[str, int]:
    """How many feeds were polled and how many failed. Raises NewsledgerError if not one could be read."""
    settings = load_settings()
    with Stores(settings, Run(dag_run.run_id)) as stores:
        polls, failures = failed_polls(stores.ledger, stores.run)
    if polls and len(failures) == polls:
        raise NewsledgerError(f"not one of {polls} feeds could be read; each failure is recorded with its reason")
    return {"polls": polls, "failed": len(failures)}


def _counts(result: StepResult) -> dict[str, int]:
    """New events by type. What was put off is logged; raises NewsledgerError if something was left undone."""
    for notice in result.notices:
        log.warning("put_off", detail=notice)
    result.require_success()
    return dict(result.counts)


def _window(dag_run: DagRun, settings: Settings) -> Window:
    return run_window(dag_run.data_interval_start, dag_run.data_interval_end, now=utc_now(), settings=settings)


@contextmanager
def _stores(dag_run: DagRun) -> Iterator[tuple[Stores, Window]]:
    settings = load_settings()
    with Stores(settings, Run(dag_run.run_id), log_progress) as stores:
        yield stores, _window(dag_run, settings)
