"""newsledger ingest, the main job, and its parts that are commands too: init, models, publish."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import structlog
import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data, SourceIds, SourcesPath
from pipeline.errors import NewsledgerError
from pipeline.ledger import Ledger, Run, start_run
from pipeline.ledger.catalog import catalog_at
from pipeline.seen_ledgers import accepted_ledger, noted_ledger
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.steps.feed_state import Which
from pipeline.steps.run.progress import OnProgress
from pipeline.steps.run.run_interval import lookback
from pipeline.workers import preload

log = structlog.get_logger()

if TYPE_CHECKING:
    from pipeline.steps.run.stores import StepResult


class Total(msgspec.Struct, frozen=True):
    """One line of the printed summary."""

    name: str
    new: int
    """Number of things that the runs were the first to record."""
    in_ledger: int


def init(data: Data = None) -> None:
    """Create the data directory and the ledger's tables.

    Commands that record do this themselves, unless they have seen another ledger at this place: then this command
    says that you want the one that is there now, or a new one.
    """
    settings = load_settings(data=data)
    with accepted_ledger(settings) as ledger:
        position, _, _ = ledger.head()
    console.echo(f"{catalog_at(settings.ledger_catalog)}: ready, {position} events")


def ingest(source: SourceIds = None, data: Data = None, sources: SourcesPath = None) -> None:
    """Run the main job: poll ▶ capture ▶ extract ▶ annotate ▶ models ▶ publish.

    Polls the feeds of all sources, or of those named. Retired feeds (HTTP 410) are polled only if their source is
    named. Every failure is recorded and listed. Exit status 1 if no feed could be read.
    """
    settings = load_settings(data=data, sources=sources)
    roster = load_sources(settings.sources)
    chosen = select(roster, source or ())
    run = start_run()
    began = time.monotonic()
    with noted_ledger(settings) as ledger:
        with console.progress() as on_progress:
            which = Which.ALL if source else Which.CURRENT
            result = append_events(settings, ledger, chosen, run, on_progress, which, roster=roster)
        rebuild(settings)
        summarize(ledger, [run], time.monotonic() - began)
        report_result(ledger, run, result)


def report_result(ledger: Ledger, run: Run, result: StepResult) -> None:
    """Log what failed or was postponed. Raises NewsledgerError if a step is incomplete or no feed could be read."""
    from pipeline.steps.feed_state import failed_polls

    polls, failures = failed_polls(ledger, run)
    for failure in failures:
        log.warning(
            "feed_not_read",
            source=failure.source_id,
            feed=failure.feed_url,
            reason=failure.reason,
            detail=failure.detail,
        )
    for notice in result.notices:
        log.warning("put_off", detail=notice)
    for problem in result.problems:
        log.error("incomplete", detail=problem)
    result.require_success()
    if polls and len(failures) == polls:
        raise NewsledgerError(f"none of the {polls} feeds could be read; each failure is recorded with its reason")


def build_models(
    data: Data = None,
    anew: Annotated[bool, typer.Option("--anew", help="Write everything again, from the whole ledger.")] = False,
    test: Annotated[
        models.Tested, typer.Option("--test", help="Test the rows that were written, or all rows.")
    ] = models.Tested.WRITTEN,
) -> None:
    """Build the SQL models from the ledger into build.duckdb, and test them.

    The rows that new events touch are written again. Everything is if the models, the settings or the version of
    newsledger have changed. If nothing has, nothing is built.
    """
    settings = load_settings(data=data)
    result = models.build(settings, models.Refresh.ANEW if anew else models.Refresh.CONTINUE, test)
    done = f"{result.models} models, {result.tests} tests" if result.tests else "nothing new"
    console.echo(f"{settings.build_file}: {done}, up to position {result.head_position}")


def publish(data: Data = None) -> None:
    """Replace news.duckdb with the last build that passed its tests. Open sessions keep the old file."""
    console.echo(f"{models.publish(load_settings(data=data))}: published")


def append_events(
    settings: Settings,
    ledger: Ledger,
    sources: Sequence[Source],
    run: Run,
    on_progress: OnProgress,
    which: Which = Which.CURRENT,
    *,
    roster: Sequence[Source] = (),
) -> StepResult:
    """Run the steps that append events over the look-back window."""
    from pipeline.steps.collect import collect, expire_removed
    from pipeline.steps.processing import ALL_TASKS, process
    from pipeline.steps.run.stores import Stores

    preload(*ALL_TASKS)
    with Stores(settings, run, on_progress, ledger=ledger) as stores:
        result = collect(stores, sources, which, roster=roster) + expire_removed(stores, roster or sources)
        return result + process(stores, lookback(settings, stores.now()))


def rebuild(settings: Settings) -> None:
    log.info("models", detail="building and testing")
    models.build(settings)
    log.info("publish", file=str(settings.news_file))
    models.publish(settings)


def summarize(ledger: Ledger, runs: Sequence[Run], seconds: float) -> None:
    """Print how much these runs have added to the ledger, without what others have added at the same time."""
    totals = ledger.select(Total, "totals", run_ids=[run.run_id for run in runs])
    rows: list[tuple[str, object, object]] = [(each.name, each.new, each.in_ledger) for each in totals]
    console.table(None, ("", "new", "in the ledger"), [*rows, ("seconds", round(seconds, 1), None)])
