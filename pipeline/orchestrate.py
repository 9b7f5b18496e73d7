"""One function for each task of the DAGs. Each reads the settings itself and returns only ids and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
import structlog

from pipeline import models
from pipeline.archive.storage import archive_storage
from pipeline.errors import NewsledgerError
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.run_failures import run_failed
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.steps.backfill.backfill import assess, finish, numbers_of_run, total_numbers
from pipeline.steps.backfill.history_state import HistoryAnswers, history_answers
from pipeline.steps.backfill.recover import recover
from pipeline.steps.backfill.replay import Captures, scope_of
from pipeline.steps.collect import collect, expire_removed
from pipeline.steps.feed_state import Which, due_sources
from pipeline.steps.maintain import LOCK_TIMEOUT_SECONDS, delete_superseded, merge_files, prove, prune
from pipeline.steps.poll import failed_polls
from pipeline.steps.processing import processing_step
from pipeline.steps.revisit import sources_due
from pipeline.steps.run.progress import log_progress
from pipeline.steps.run.run_interval import RunInterval, manual_interval, run_interval
from pipeline.steps.run.stores import StepResult, Stores

log = structlog.get_logger()


BACKFILL_RUN = "backfill"
"""Airflow's run type for runs that a backfill has created or repeated."""
MANUAL_RUN = "manual"
"""Airflow's run type for runs that a person triggered: in Airflow's web interface, by its command, or over REST."""


class RunParams(msgspec.Struct, frozen=True):
    """The parameters of `ingest_daily`. Each has a default, because a backfill may send no parameters."""

    sources: tuple[str, ...] = ()
    """Source ids; empty means all."""
    recover: bool = True
    """For a past interval: search the sources' history for missing articles, and fetch them."""
    replay: bool = True
    """For a past interval: process archived captures that the current extractor and annotators have not processed."""


class DagRun(msgspec.Struct, frozen=True, kw_only=True):
    """The Airflow run that a task belongs to."""

    run_id: str
    interval: Interval
    """The data interval."""
    started_at: datetime
    """Time of the latest start: a run that is cleared, by hand or by a backfill, starts again under the same id."""
    run_type: str = ""
    params: RunParams = RunParams()

    @classmethod
    def of(cls, context: Mapping[str, Any], period: timedelta = timedelta(days=1)) -> Self:
        """The run that a task belongs to, from the task's context; `period` is the schedule's.

        Raises ValueError if the run has no data interval and was not triggered by hand.
        """
        dag_run, params = context["dag_run"], context["params"]
        return cls(
            run_id=context["run_id"],
            interval=_interval(context, period),
            started_at=_plain(dag_run.start_date) or utc_now(),
            run_type=dag_run.run_type,
            params=msgspec.convert({name: params[name] for name in params}, RunParams),
        )


def _interval(context: Mapping[str, Any], period: timedelta) -> Interval:
    start, end = _plain(context.get("data_interval_start")), _plain(context.get("data_interval_end"))
    given = Interval(start, end) if start is not None and end is not None else None
    if context["dag_run"].run_type == MANUAL_RUN:
        return manual_interval(_plain(context.get("logical_date")), given, now=utc_now(), period=period)
    if given is None:
        raise ValueError("the run has no data interval; trigger it with a logical date")
    return given


def _plain(at: datetime | None) -> datetime | None:
    """A plain datetime in UTC: Airflow's are pendulum's, whose differences are not full timedeltas."""
    return datetime.fromisoformat(at.isoformat()).astimezone(UTC) if at is not None else None


def plan_sources(dag_run: DagRun) -> list[str]:
    """The ids of the run's sources, one mapped task each. For a past interval it logs what there is to do.

    Raises SourcesError for a source that is not in the file.
    """
    with _stores(dag_run) as (stores, window):
        sources = _sources(dag_run, stores.settings)
        expire_removed(stores, load_sources(stores.settings.sources))
        past = _past(dag_run, window)
        for each in assess(stores, sources, past) if past is not None else ():
            log.info(
                "to_do",
                source=each.source_id,
                known=each.known,
                recoverable=each.recoverable,
                replayable=each.replayable,
                lost=each.lost,
                detail="according to the ledger; `collect` searches the sources' history",
            )
        return [source.id for source in sources]


def plan_due_sources(dag_run: DagRun) -> list[str]:
    """The ids of the sources with feeds or revisits that are due; empty for a run over the past."""
    with _stores(dag_run) as (stores, window):
        if not window.polls:
            return []
        sources, now = load_sources(stores.settings.sources), stores.now()
        due = {source.id for source in due_sources(stores.ledger, sources, now)}
        ids = [source.id for source in sources]
        due |= sources_due(stores.ledger, stores.settings.revisit_after, now, ids)
        return [source_id for source_id in ids if source_id in due]


def collect_due(source_id: str, dag_run: DagRun) -> dict[str, int]:
    """Poll the source's feeds that are due, capture its pending pages, and revisit those that are due."""
    with _stores(dag_run) as (stores, _):
        roster = load_sources(stores.settings.sources)
        result = collect(stores, select(roster, [source_id]), Which.DUE, roster=roster)
    return _counts(result)


def collect_source(source_id: str, dag_run: DagRun) -> dict[str, int]:
    """Poll the source's feeds and capture its pending pages if the run is live; recover a past interval."""
    with _stores(dag_run) as (stores, window):
        roster = load_sources(stores.settings.sources)
        sources, past = select(roster, [source_id]), _past(dag_run, window)
        result = collect(stores, sources, roster=roster) if window.polls else StepResult({})
        if past is not None and dag_run.params.recover:
            result += recover(stores, sources, past, roster)
    return _counts(result)


def process(step: str, dag_run: DagRun) -> dict[str, int]:
    """Run one of the processing steps: on the lookback in a live run, on the data interval in a run over the past."""
    processing = processing_step(step)
    with _stores(dag_run) as (stores, window):
        past = _past(dag_run, window)
        result = processing.run(stores, window.interval) if window.polls else StepResult({})
        if past is not None:
            scope = scope_of(stores, past, _source_ids(dag_run, stores.settings))
            result += processing.replay(stores, scope, _captures(dag_run))
    return _counts(result)


def build_models(dag_run: DagRun) -> dict[str, int]:
    """Record the counts of a run over a past interval, then build and test the SQL models."""
    with _stores(dag_run) as (stores, window):
        past = _past(dag_run, window)
        if past is not None:
            finish(stores, _sources(dag_run, stores.settings), past, dag_run.started_at)
    built = models.build(load_settings())
    return {"models": built.models, "tests": built.tests, "head_position": built.head_position}


def publish_models() -> dict[str, int]:
    """Replace news.duckdb with the build, and return counts of its contents."""
    settings = load_settings()
    models.publish(settings)
    return models.published_counts(settings)


def sum_up(dag_run: DagRun) -> dict[str, int]:
    """The run's counts: feeds polled and failed.

    For a past interval also the documents of the sources' history that were requested, those without an answer, and
    the counts of `backfills`, which are logged too.
    """
    with _stores(dag_run) as (stores, window):
        polls, failures = failed_polls(stores.ledger, stores.run)
        counts = {"polls": polls, "failed": len(failures)}
        if _past(dag_run, window) is None:
            return counts
        numbers, answers = numbers_of_run(stores.ledger, stores.run), history_answers(stores.ledger, stores.run)
    for each in numbers:
        log.info("backfill", **msgspec.structs.asdict(each))
    return counts | {"documents": answers.asked, "unanswered": answers.unanswered} | total_numbers(numbers)


def conclude(numbers: Mapping[str, int]) -> None:
    """Raises NewsledgerError if no feed could be read, or if no document of the history could be fetched and no article
    was recovered."""
    if numbers["polls"] and numbers["failed"] == numbers["polls"]:
        raise NewsledgerError(f"none of the {numbers['polls']} feeds could be read; each failure is recorded")
    answers = HistoryAnswers(numbers.get("documents", 0), numbers.get("unanswered", 0))
    answers.require_one(pages_captured=numbers.get("recovered", 0))


def merge_ledger_files() -> dict[str, int]:
    """Merge the ledger's small files, and delete files that are no longer needed."""
    settings = load_settings()
    with _ledger(settings) as ledger:
        deleted = delete_superseded(ledger, utc_now())
        merging = merge_files(ledger, log_progress)
    return {
        "files_before": merging.before.files,
        "files_after": merging.after.files,
        "bytes_before": merging.before.bytes,
        "bytes_after": merging.after.bytes,
        "files_deleted": deleted,
    }


def verify_stores() -> dict[str, int | str]:
    """Prove that ledger and archive hold what was recorded. Raises NewsledgerError naming the first finding."""
    settings = load_settings()
    with _ledger(settings) as ledger:
        proof = prove(ledger, archive_storage(settings), utc_now())
    for finding in proof.findings:
        log.error("not_as_recorded", finding=finding)
    proof.require_success()
    return {"appends": proof.appends, "events": proof.events, "pages": proof.pages, "digest": proof.digest}


def prune_files() -> list[str]:
    """Delete files left by killed builds and old files about hosts; returns their paths."""
    settings = load_settings()
    return [str(path) for path in (*models.prune(settings, utc_now()), *prune(settings, utc_now()))]


def record_failure(context: Mapping[str, Any]) -> None:
    """Record that a task failed after its retries. Never raises, because the task's log must end with its own error."""
    try:
        settings = load_settings()
        failure = run_failed(context, utc_now())
        with Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
            ledger.append([failure], Run(context["run_id"]))
    except Exception:  # any error
        log.exception("failure_not_recorded", task=str(context.get("task_instance")))


def _ledger(settings: Settings) -> Ledger:
    """Open the ledger for maintenance, which may be the first to open it in a new installation."""
    return Ledger.open(settings.ledger_catalog, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS)


def _counts(result: StepResult) -> dict[str, int]:
    """New events by type. Logs what was postponed; raises NewsledgerError if a step is incomplete."""
    for notice in result.notices:
        log.warning("put_off", detail=notice)
    result.require_success()
    return dict(result.counts)


def _sources(dag_run: DagRun, settings: Settings) -> tuple[Source, ...]:
    return select(load_sources(settings.sources), dag_run.params.sources)


def _source_ids(dag_run: DagRun, settings: Settings) -> list[str]:
    return [source.id for source in _sources(dag_run, settings)]


def _captures(dag_run: DagRun) -> Captures:
    return Captures.ALL if dag_run.params.replay else Captures.OWN


def _past(dag_run: DagRun, window: RunInterval) -> Interval | None:
    """The interval to recover and replay. None for a live run, unless a backfill started it: that run does both."""
    if window.polls and dag_run.run_type != BACKFILL_RUN:
        return None
    return dag_run.interval


def _window(dag_run: DagRun, settings: Settings) -> RunInterval:
    return run_interval(dag_run.interval, now=utc_now(), settings=settings)


@contextmanager
def _stores(dag_run: DagRun) -> Iterator[tuple[Stores, RunInterval]]:
    settings = load_settings()
    with Stores(settings, Run(dag_run.run_id), log_progress) as stores:
        yield stores, _window(dag_run, settings)
