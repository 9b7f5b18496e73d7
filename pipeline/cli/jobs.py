"""The commands that move data: init, ingest, models, publish."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data, SourceIds, SourcesFile
from pipeline.errors import NewsledgerError
from pipeline.ledger import Ledger, Run, start_run
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.steps.feed_state import Which
from pipeline.steps.run.progress import OnProgress
from pipeline.steps.run.window import lookback

log = structlog.get_logger()

if TYPE_CHECKING:
    from pipeline.steps.poll import PollOfRun
    from pipeline.steps.run.stores import StepResult


class Totals(msgspec.Struct, frozen=True):
    """What the ledger holds; fields in the order of the summary."""

    feeds: int
    items: int
    captures: int
    articles: int
    quotes: int
    stripped_captions: int


def register(app: typer.Typer) -> None:
    for command in (ingest, init):
        app.command()(command)
    app.command("models")(build_models)
    app.command()(publish)


def init(data: Data = None) -> None:
    """Make the data directory and the ledger's tables. Every command that records does this when needed."""
    settings = load_settings(data=data)
    with Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        position, _, _ = ledger.head()
    typer.echo(f"{settings.ledger_catalog}: ready, {position} events")


def ingest(source: SourceIds = None, data: Data = None, sources: SourcesFile = None) -> None:
    """The main job: poll ▶ capture ▶ extract ▶ annotate ▶ models ▶ publish, for all sources.

    Retired feeds (410) are left out unless their source is named. Exit status 1 if not one feed could be read; what
    failed is recorded and listed either way.
    """
    settings = load_settings(data=data, sources=sources)
    roster = load_sources(settings.sources)
    chosen = select(roster, source or ())
    run = start_run()
    began, before = time.monotonic(), totals(settings)
    with console.progress() as on_progress:
        which = Which.ALL if source else Which.CURRENT
        result = append_events(settings, chosen, run, on_progress, which, roster=roster)
    rebuild(settings)
    summarize(settings, before, time.monotonic() - began)
    _report(settings, run, result)


def collect_only(source: list[str] | None, due: bool, data: Path | None, sources: Path | None) -> None:
    """Poll and capture without the steps after them: all feeds, those named, or those that are due."""
    from pipeline.steps.collect import collect, expire_removed
    from pipeline.steps.run.stores import Stores

    settings = load_settings(data=data, sources=sources)
    roster = load_sources(settings.sources)
    chosen = select(roster, source or ())
    which = Which.DUE if due else Which.ALL if source else Which.CURRENT
    run = start_run()
    began, before = time.monotonic(), totals(settings)
    with console.progress() as on_progress, Stores(settings, run, on_progress) as stores:
        result = collect(stores, chosen, which, roster=roster) + expire_removed(stores, roster)
    summarize(settings, before, time.monotonic() - began)
    _report(settings, run, result)


def _report(settings: Settings, run: Run, result: StepResult) -> None:
    """What failed or was put off. Raises NewsledgerError if something was left undone or not one feed could be read."""
    polls, failures = _failed_polls(settings, run)
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
        log.error("left_undone", detail=problem)
    result.require_success()
    if polls and len(failures) == polls:
        raise NewsledgerError(f"not one of {polls} feeds could be read; each failure is recorded with its reason")


def build_models(data: Data = None) -> None:
    """Rebuild the SQL models from the ledger into build.duckdb, and test them."""
    settings = load_settings(data=data)
    result = models.build(settings)
    typer.echo(
        f"{settings.build_file}: {result.models} models, {result.tests} tests, up to position {result.head_position}"
    )


def publish(data: Data = None) -> None:
    """Replace news.duckdb by the last build that passed its tests; open sessions keep the old one."""
    typer.echo(f"{models.publish(load_settings(data=data))}: published")


def append_events(
    settings: Settings,
    sources: Sequence[Source],
    run: Run,
    on_progress: OnProgress,
    which: Which = Which.CURRENT,
    *,
    roster: Sequence[Source] = (),
) -> StepResult:
    """The four steps that append events, for the last days."""
    from pipeline.steps.annotate import annotate
    from pipeline.steps.collect import collect, expire_removed
    from pipeline.steps.extract import extract
    from pipeline.steps.run.stores import Stores

    with Stores(settings, run, on_progress) as stores:
        result = collect(stores, sources, which, roster=roster) + expire_removed(stores, roster or sources)
        interval = lookback(settings, stores.now())
        return result + extract(stores, interval) + annotate(stores, interval)


def rebuild(settings: Settings) -> None:
    log.info("models", detail="building and testing")
    models.build(settings)
    models.publish(settings)


def totals(settings: Settings) -> Totals:
    if not settings.ledger_catalog.is_file():
        return Totals(0, 0, 0, 0, 0, 0)
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        return ledger.select(Totals, "totals")[0]


def _failed_polls(settings: Settings, run: Run) -> tuple[int, list[PollOfRun]]:
    from pipeline.steps.poll import failed_polls

    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        return failed_polls(ledger, run)


def summarize(settings: Settings, before: Totals, seconds: float) -> None:
    """What is new in the ledger since `before`, of this run or of others beside it."""
    after = totals(settings)
    rows: list[tuple[str, object, object]] = [
        (name.replace("_", " "), getattr(after, name) - getattr(before, name), getattr(after, name))
        for name in Totals.__struct_fields__
    ]
    console.table(None, ("", "new", "in the ledger"), [*rows, ("seconds", round(seconds, 1), None)])
