"""newsledger status: sources that need attention, pending work and recent failures, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Annotated

import duckdb
import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.steps.run.run_interval import lookback


class SourceStatus(msgspec.Struct, frozen=True):
    """The state of one source's feeds in the ledger now."""

    source_id: str
    feeds: int
    failing: int
    """Feeds whose last poll failed, without retired ones."""
    retired: int
    last_polled_at: datetime
    last_success_at: datetime | None
    articles: int
    """Articles that were extracted at any time."""
    reason: str | None
    """Why one of the failing feeds fails."""


class FailedTask(msgspec.Struct, frozen=True):
    """A task of an Airflow run that failed after all its retries."""

    dag_id: str
    run_id: str
    task_id: str
    label: str | None
    occurred_at: datetime
    error: str


class RecentCoverage(msgspec.Struct, frozen=True):
    """Counts of one source in the last published build, over the seven days up to the newest day in it."""

    source_id: str
    seen: int
    captured: int
    failed: int
    pending: int
    gaps: int
    """Times when items may have been missed between two polls."""
    quiet_days: tuple[str, ...]
    days_not_polled: int


def status(
    show_all: Annotated[
        bool, typer.Option("--all", help="Show every source, not only those that need attention.")
    ] = False,
    data: Data = None,
) -> None:
    """Show the sources that need attention, pending work and recent failures.

    A source needs attention if feeds fail or are retired (HTTP 410), if items may have been missed between two polls,
    if it had an unusually quiet day or a day without a poll, or if pages could not be fetched. The counts of the last
    seven days come from the last published build, everything else from the ledger.
    """
    from pipeline.steps.capture import pending_pages
    from pipeline.steps.processing import PROCESSING_STEPS

    settings = load_settings(data=data)
    now = utc_now()
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        position, append_no, _ = ledger.head()
        sources = ledger.select(SourceStatus, "status_by_source")
        interval = lookback(settings, now)
        failed_tasks = ledger.select(FailedTask, "failed_tasks", since=interval.start)
        pages = pending_pages(ledger, interval, [row.source_id for row in sources])
        pending = [f"{step.pending(ledger, settings, interval)} to {step.name}" for step in PROCESSING_STEPS]
    coverage = {row.source_id: row for row in _recent_coverage(settings)}
    _show_sources(sources, coverage, show_all=show_all)
    lost = sum(page.failed_for_good for page in pages)
    typer.echo(f"sources     {_totals(sources, coverage)}")
    typer.echo(f"ledger      {position} events in {append_no} appends, {settings.ledger_catalog}")
    typer.echo(
        f"pending     {len(pages) - lost} pages to capture, {', '.join(pending)}, {lost} failed for good"
        f" (last {settings.lookback_days} days)"
    )
    if failed_tasks:
        typer.echo(f"airflow     {_failures(failed_tasks)} (last {settings.lookback_days} days)")
    typer.echo(f"published   {_published(settings)}")


def _show_sources(sources: Sequence[SourceStatus], coverage: Mapping[str, RecentCoverage], *, show_all: bool) -> None:
    rows = []
    for source in sources:
        recent = coverage.get(source.source_id)
        remarks = list(_remarks(source, recent))
        if remarks or show_all:
            counts = (recent.seen, recent.captured, recent.failed, recent.pending) if recent else (None,) * 4
            last = f"{source.last_success_at:%Y-%m-%d %H:%M}" if source.last_success_at else "never"
            rows.append((source.source_id, last, source.articles, *counts, "; ".join(remarks)))
    if rows:
        columns = ("source", "last success", "articles", "seen 7 d", "captured", "failed", "pending", "remarks")
        console.table(None, columns, rows)


def _remarks(source: SourceStatus, recent: RecentCoverage | None) -> Iterator[str]:
    """What needs attention at the source."""
    if source.failing:
        yield f"{source.failing} of {source.feeds} feeds fail: {source.reason}"
    if source.retired:
        yield f"{source.retired} of {source.feeds} feeds retired (410)"
    if recent is None:
        return
    if recent.gaps:
        yield f"{recent.gaps} possible gap{'s' if recent.gaps > 1 else ''}"
    if recent.quiet_days:
        yield f"quiet on {', '.join(recent.quiet_days)}"
    if recent.days_not_polled:
        yield f"not polled on {recent.days_not_polled} day{'s' if recent.days_not_polled > 1 else ''}"
    if recent.failed:
        yield f"{recent.failed} page{'s' if recent.failed > 1 else ''} lost"


def _failures(tasks: Sequence[FailedTask]) -> str:
    runs = len({(task.dag_id, task.run_id) for task in tasks})
    last = tasks[0]
    name = f"{last.dag_id}.{last.task_id}" + (f" of {last.label}" if last.label else "")
    newest = f"{last.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {name}: {last.error}"
    return f"{len(tasks)} task{'s' if len(tasks) > 1 else ''} of {runs} run{'s' if runs > 1 else ''} failed; {newest}"


def _totals(sources: Sequence[SourceStatus], coverage: Mapping[str, RecentCoverage]) -> str:
    failing = sum(1 for source in sources if source.failing)
    seen, captured = sum(row.seen for row in coverage.values()), sum(row.captured for row in coverage.values())
    coverage_text = f", {captured} of {seen} articles of the last 7 days captured" if seen else ""
    return f"{len(sources)}, {failing} with failing feeds{coverage_text}"


def _recent_coverage(settings: Settings) -> list[RecentCoverage]:
    """The counts of each source. Empty before the first build, or if an older version of newsledger published it."""
    if not settings.news_file.is_file():
        return []
    query = resources.files("pipeline.cli").joinpath("sql", "recent_coverage.sql").read_text("utf-8")
    with duckdb.connect(settings.news_file, read_only=True) as con:
        try:
            rows = con.execute(query).fetchall()
        except duckdb.CatalogException:
            return []
    fields = RecentCoverage.__struct_fields__
    return [msgspec.convert(dict(zip(fields, row, strict=True)), RecentCoverage) for row in rows]


def _published(settings: Settings) -> str:
    if not settings.news_file.is_file():
        return "nothing yet"
    at = datetime.fromtimestamp(settings.news_file.stat().st_mtime, UTC)
    return f"{at:%Y-%m-%d %H:%M}, {settings.news_file}"
