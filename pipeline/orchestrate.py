"""One function for each task of the DAGs. Each reads the settings itself and returns only ids and counts.

Each task is a process, so a function imports the steps that it runs, and not those of the other tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from pipeline.collect import READERS
from pipeline.dag_run import BACKFILL_RUN, DagRun
from pipeline.display import printable
from pipeline.errors import NewsledgerError
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.prerequisites import installed_settings
from pipeline.seen_ledgers import require_restored
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.sources import Source, load_sources, select
from pipeline.sources.shards import Shard, deal
from pipeline.steps.feed_state import Which, due_sources, failed_polls
from pipeline.steps.run.progress import Progress, log_progress
from pipeline.steps.run.run_interval import RunInterval, run_interval
from pipeline.steps.run.source_report import SourceReport
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.workers import preload

if TYPE_CHECKING:
    from pipeline.steps.backfill.backfill import Assessment
    from pipeline.steps.backfill.replay import Captures

log = structlog.get_logger()


ShardData = Mapping[str, Any]
"""A `Shard` as Airflow stores it."""
Counts = dict[str, dict[str, int]]
"""Counts by source, as Airflow stores them; see `SourceReport.counts`."""


def plan_sources(dag_run: DagRun, slots: int) -> list[ShardData]:
    """The run's sources in shards, one mapped task each. For a past interval it logs what there is to do.

    Raises SourcesError for a source that is not in the file, SettingsError if the run should recover and nobody can be
    asked.
    """
    from pipeline.steps.collect import expire_removed

    with _stores(dag_run) as (stores, work):
        roster = load_sources(stores.settings.sources)
        sources = select(roster, dag_run.params.sources)
        expire_removed(stores, roster)
        past = _past(dag_run, work)
        log.info("plan", interval=_described(dag_run.interval), polls=work.polls, sources=len(sources))
        if past is not None:
            from pipeline.steps.backfill.backfill import assess, require_recoverable

            assessments = assess(stores, sources, past)
            _log_assessments(assessments)
            if dag_run.params.recover and not work.polls:
                require_recoverable(stores, sources, roster, assessments)
        return _dealt(sources, stores.settings, slots)


def _log_assessments(assessments: Sequence[Assessment]) -> None:
    for each in assessments:
        log.info(
            "to_do",
            source=each.source_id,
            known=each.known,
            recoverable=each.recoverable,
            replayable=each.replayable,
            lost=each.lost,
            detail="according to the ledger; `collect` searches the sources' history",
        )


def plan_due_sources(dag_run: DagRun, slots: int) -> list[ShardData]:
    """The sources with feeds or revisits that are due, in shards; empty for a run over the past."""
    from pipeline.steps.revisit import sources_due

    with _stores(dag_run) as (stores, work):
        sources, now = load_sources(stores.settings.sources), stores.now()
        if not work.polls:
            return []
        due = {source.id for source in due_sources(stores.ledger, sources, now)}
        due |= sources_due(stores.ledger, stores.settings.revisit_after, now, [source.id for source in sources])
        return _dealt([source for source in sources if source.id in due], stores.settings, slots)


def collect_due(shard: ShardData, dag_run: DagRun) -> Counts:
    """Poll the sources' feeds that are due, capture their pending pages, and revisit those that are due."""
    from pipeline.steps.collect import collect

    preload(*READERS)
    with _stores(dag_run) as (stores, _):
        roster = load_sources(stores.settings.sources)
        result = collect(stores, _of_shard(shard, roster), Which.DUE, roster=roster, done_since=dag_run.started_at)
    return _counts_by_source(stores, result)


def collect_shard(shard: ShardData, dag_run: DagRun) -> Counts:
    """Poll the sources' feeds and capture their pending pages if the run is live; recover a past interval.

    A task that is repeated skips the feeds that were polled since the run has started.
    """
    from pipeline.steps.collect import collect

    preload(*READERS)
    with _stores(dag_run) as (stores, work):
        roster = load_sources(stores.settings.sources)
        sources, past = _of_shard(shard, roster), _past(dag_run, work)
        result = StepResult({})
        if work.polls:
            result += collect(stores, sources, roster=roster, done_since=dag_run.started_at)
        if past is not None and dag_run.params.recover:
            from pipeline.steps.backfill.recover import recover

            result += recover(stores, sources, past, roster)
        elif past is not None:
            log.info("nobody_asked", detail="the parameter `recover` is off", sources=len(sources))
    return _counts_by_source(stores, result)


def process(step: str, dag_run: DagRun) -> dict[str, int]:
    """Run one of the processing steps: on the lookback in a live run, on the data interval in a run over the past."""
    from pipeline.steps.processing import processing_step

    processing = processing_step(step)
    preload(*processing.tasks)
    with _stores(dag_run) as (stores, work):
        past = _past(dag_run, work)
        result = processing.run(stores, work.interval) if work.polls else StepResult({})
        if past is not None:
            from pipeline.steps.backfill.replay import scope_of

            scope = scope_of(stores, past, _source_ids(dag_run, stores.settings))
            result += processing.replay(stores, scope, _captures(dag_run))
    return _counts(result)


def build_models(dag_run: DagRun) -> dict[str, int]:
    """Record the counts of a run over a past interval, then build and test the SQL models."""
    from pipeline import models

    with _stores(dag_run) as (stores, work):
        past = _past(dag_run, work)
        if past is not None:
            from pipeline.steps.backfill.backfill import finish

            finish(stores, _sources(dag_run, stores.settings), past, dag_run.started_at)
    built = models.build(installed_settings())
    return {"models": built.models, "tests": built.tests, "head_position": built.head_position}


def publish_models() -> dict[str, int]:
    """Replace news.duckdb with the build, and return counts of its contents."""
    from pipeline import models

    settings = installed_settings()
    models.publish(settings)
    return models.published_counts(settings)


def sum_up(dag_run: DagRun) -> dict[str, int]:
    """The run's counts: feeds polled and failed.

    For a past interval also the documents of the sources' history that were requested, those without an answer, and
    the counts of `backfills`, which are logged too.
    """
    with _stores(dag_run) as (stores, work):
        polls, failures = failed_polls(stores.ledger, stores.run)
        counts = {"polls": polls, "failed": len(failures)}
        past = _past(dag_run, work)
        if past is None:
            return counts
        from pipeline.steps.backfill.backfill import numbers_of_run, total_numbers
        from pipeline.steps.backfill.history_state import history_answers

        numbers, answers = numbers_of_run(stores.ledger, stores.run), history_answers(stores.ledger, stores.run)
        counts |= {"documents": answers.asked, "unanswered": answers.unanswered}
    for each in numbers:
        log.info("backfill", **msgspec.structs.asdict(each))
    return counts | total_numbers(numbers)


def conclude(numbers: Mapping[str, int]) -> None:
    """Raises NewsledgerError if no feed could be read, or if no document of the history could be fetched and no article
    was recovered."""
    if numbers["polls"] and numbers["failed"] == numbers["polls"]:
        raise NewsledgerError(f"none of the {numbers['polls']} feeds could be read; each failure is recorded")
    if "documents" not in numbers:
        return
    from pipeline.steps.backfill.history_state import HistoryAnswers

    answers = HistoryAnswers(numbers["documents"], numbers["unanswered"])
    answers.require_one(pages_captured=numbers["recovered"])


def merge_ledger_files() -> dict[str, int]:
    """Merge the ledger's small files, and delete files that are no longer needed and what was erased."""
    from pipeline.steps.maintain import delete_erased, merge_files

    settings = installed_settings()
    with _ledger(settings) as ledger:
        deleted = delete_erased(settings, ledger, utc_now)
        merging = merge_files(ledger, _log_step)
    return {
        "files_before": merging.before.files,
        "files_after": merging.after.files,
        "bytes_before": merging.before.bytes,
        "bytes_after": merging.after.bytes,
        "files_deleted": deleted,
    }


def verify_stores() -> dict[str, int | str]:
    """Prove that ledger and archive hold what was recorded. Raises NotAsRecorded naming the first finding."""
    from pipeline.verification.installation import verify_weekly

    settings = installed_settings()
    with _ledger(settings) as ledger:
        proof = verify_weekly(settings, ledger, utc_now(), _log_step)
    for finding in proof.findings:
        log.error("not_as_recorded", finding=printable(finding.text))
    proof.require_success()
    log.info("ledger_anchored", head=proof.head, file=str(settings.anchors_file))
    return {"appends": proof.appends, "events": proof.events, "records": proof.records, "digest": proof.digest}


def test_models() -> dict[str, int]:
    """Test all rows of all tables, not only those that the last build wrote. Without tables there is nothing to test.

    Raises ModelsError naming the test that failed.
    """
    from pipeline import models

    settings = installed_settings()
    exists = shared_files(settings).exists(settings.build_file)
    return {"tests": models.build(settings, tested=models.Tested.ALL).tests if exists else 0}


def prune_files() -> list[str]:
    """Delete files left by killed builds and old files about hosts; returns their paths."""
    from pipeline import models
    from pipeline.steps.maintain import prune

    settings = installed_settings()
    return [str(path) for path in (*models.prune(settings, utc_now()), *prune(settings, utc_now()))]


def _ledger(settings: Settings) -> Ledger:
    """Open the ledger for maintenance."""
    from pipeline.steps.maintain import LOCK_TIMEOUT_SECONDS

    require_restored(settings)
    return Ledger.open(settings.ledger_catalog, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS)


def _counts(result: StepResult) -> dict[str, int]:
    """New events by type. Logs what was postponed; raises NewsledgerError if a step is incomplete."""
    for notice in result.notices:
        log.warning("put_off", detail=notice)
    result.require_success()
    return dict(result.counts)


def _counts_by_source(stores: Stores, result: StepResult) -> Counts:
    """What was done for each source, according to the reports. Raises NewsledgerError if an error ended one's visit."""
    result.require_success()
    return {source_id: dict(counts) for source_id, counts in stores.reports.totals.items()}


def _dealt(sources: Sequence[Source], settings: Settings, slots: int) -> list[ShardData]:
    shards = deal(sources, slots, default_rate=settings.requests_per_second)
    # lists, because Airflow stores a tuple as an object
    return [{"label": shard.label, "source_ids": list(shard.source_ids)} for shard in shards]


def _of_shard(shard: ShardData, roster: Sequence[Source]) -> tuple[Source, ...]:
    """The shard's sources, without those that were removed from sources.toml since the run was planned."""
    ids = {*msgspec.convert(shard, Shard).source_ids}
    return tuple(source for source in roster if source.id in ids)


def _sources(dag_run: DagRun, settings: Settings) -> tuple[Source, ...]:
    return select(load_sources(settings.sources), dag_run.params.sources)


def _source_ids(dag_run: DagRun, settings: Settings) -> list[str]:
    return [source.id for source in _sources(dag_run, settings)]


def _captures(dag_run: DagRun) -> Captures:
    from pipeline.steps.backfill.replay import Captures

    return Captures.ALL if dag_run.params.replay else Captures.OWN


def _past(dag_run: DagRun, work: RunInterval) -> Interval | None:
    """The interval to recover and replay. None for a live run, unless a backfill started it: that run does both."""
    if work.polls and dag_run.run_type != BACKFILL_RUN:
        return None
    return dag_run.interval


def _described(interval: Interval) -> str:
    return f"{interval.start:%Y-%m-%d %H:%M} to {interval.end:%Y-%m-%d %H:%M} UTC"


@contextmanager
def _stores(dag_run: DagRun) -> Iterator[tuple[Stores, RunInterval]]:
    settings = installed_settings()
    with Stores(settings, Run(dag_run.run_id), _log_step, _log_source) as stores:
        started_at = dag_run.started_at
        yield stores, run_interval(dag_run.interval, started_at=started_at, now=utc_now(), settings=settings)


def _log_step(progress: Progress) -> None:
    """Log a step that works on all sources at once; the sources have their own lines."""
    if progress.source_id is None:
        log_progress(progress)


def _log_source(report: SourceReport) -> None:
    (log.warning if report.failures or report.problems else log.info)("source", **report.fields())
