"""newsledger status and metrics: the state of the installation, for people and for monitors."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.display import json_text
from pipeline.interval import utc_minute
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.monitor.concerns import Concern
    from pipeline.monitor.state import CoverageDay, FailedTask, FeedStatus, State

LOST_SHOWN = 20
"""Number of lost pages that are listed without --all, the newest first."""


def status(
    show_all: Annotated[
        bool, typer.Option("--all", help="Show every source and every lost page, not only what needs attention.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what needs a person; exit status 1 if anything does.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object with everything.")] = False,
    data: Data = None,
) -> None:
    """Show the sources that need attention, pending work, lost pages, and recent failures.

    A source needs attention if feeds fail or are retired (HTTP 410), if items may have been missed between two polls,
    if it had an unusually quiet day or a day without a poll, or if pages could not be fetched. The counts of articles
    seen, captured, failed and pending are about the last seven days of the published data, which the heading names; the
    other counts come from the ledger.

    With --check, for cron and monitors: a line for each failing source, for each possible gap, quiet day and failed
    run of the last two days, if nothing was polled or published for two days, and if the ledger was not verified for
    two weeks or is not as it was recorded.
    """
    from pipeline.monitor.concerns import concerns
    from pipeline.monitor.state import read_state

    settings = load_settings(data=data)
    state = read_state(settings, utc_now())
    found = concerns(state)
    if as_json:
        _write_json(state, found)
    elif check:
        for concern in found:
            console.echo(concern.what)
        if not found:
            console.echo("nothing needs attention")
    else:
        _show(state, str(catalog_at(settings.ledger_catalog)), str(settings.news_file), show_all=show_all)
    if check and found:
        raise typer.Exit(1)


def metrics(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file to replace, for node_exporter's textfile collector: NAME.prom."),
    ] = None,
    data: Data = None,
) -> None:
    """Write metrics in Prometheus' text format, to standard output or to a file that is replaced in one rename."""
    from prometheus_client import generate_latest

    from pipeline.cli.answers import replaced
    from pipeline.monitor.concerns import concerns
    from pipeline.monitor.gauges import registry_of
    from pipeline.monitor.state import read_state

    state = read_state(load_settings(data=data), utc_now())
    text = generate_latest(registry_of(state, concerns(state)))
    if output is None:
        sys.stdout.buffer.write(text)
        return
    with replaced(output) as partial:
        partial.write_bytes(text)


def _write_json(state: State, found: Sequence[Concern]) -> None:
    told = [{"kind": each.kind, "source_id": each.source_id, "what": each.what} for each in found]
    whole = {"concerns": told, **msgspec.structs.asdict(state)}
    sys.stdout.buffer.write(f"{json_text(whole)}\n".encode())


def _show(state: State, ledger: str, news_file: str, *, show_all: bool) -> None:
    lookback = f"since {utc_minute(state.read_at - timedelta(days=state.lookback_days))}"
    _show_sources(state, show_all=show_all)
    _show_lost(state, show_all=show_all)
    console.echo(f"sources     {_totals(state)}")
    console.echo(f"ledger      {state.ledger.position} events in {state.ledger.appends} appends, {ledger}")
    pending = ", ".join(f"{count} to {step}" for step, count in state.pending.items())
    console.echo(f"pending     {state.pages_pending} pages to capture, {pending}, {len(state.lost)} lost {lookback}")
    if state.failed_tasks:
        console.echo(f"airflow     {_failures(state.failed_tasks)} ({lookback})")
    published = state.publication
    built = f"{utc_minute(published.built_at)}, up to event {published.head_position}, " if published else ""
    found = f"{built}{news_file}" if published else state.publication_error or "nothing yet"
    console.echo(f"published   {found}")
    console.echo(f"verified    {_verified(state)}")


def _show_sources(state: State, *, show_all: bool) -> None:
    coverage: dict[str, list[CoverageDay]] = {}
    for day in state.coverage:
        coverage.setdefault(day.source_id, []).append(day)
    lost = Counter((page.source_id, page.reason) for page in state.lost)
    current = set(state.current_feeds)
    rows = []
    for source_id, group in groupby(state.feeds, key=lambda feed: feed.source_id):
        feeds, days = list(group), coverage.get(source_id, [])
        reasons = {reason: count for (source, reason), count in lost.items() if source == source_id}
        remarks = [*_feed_remarks([feed for feed in feeds if feed in current]), *_coverage_remarks(days)]
        if reasons:
            named = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
            remarks.append(f"{sum(reasons.values())} lost ({named})")
        if remarks or show_all:
            if current.isdisjoint(feeds):
                remarks.append("no longer polled")
            success = max((feed.last_success_at for feed in feeds if feed.last_success_at), default=None)
            counts = [sum(getattr(day, name) for day in days) for name in ("seen", "captured", "failed", "pending")]
            rows.append(
                (
                    source_id,
                    f"{success:%Y-%m-%d %H:%M}" if success else "never",
                    state.articles.get(source_id, 0),
                    *(counts if days else (None,) * 4),
                    "; ".join(remarks),
                )
            )
    if rows:
        columns = ("source", "last success", "articles", "seen", "captured", "failed", "pending", "remarks")
        console.table(f"seen to pending: {_week(state)}" if state.coverage else None, columns, rows)


def _feed_remarks(feeds: Sequence[FeedStatus]) -> Iterator[str]:
    failing = [feed for feed in feeds if feed.is_failing]
    retired = sum(feed.is_retired for feed in feeds)
    if failing:
        reasons = ", ".join(sorted({feed.reason or "unknown" for feed in failing}))
        yield f"{len(failing)} of {len(feeds)} feeds fail: {reasons}"
    if retired:
        yield f"{retired} of {len(feeds)} feeds retired (410)"
    if silent := sum(feed.is_silent for feed in feeds):
        yield f"{silent} of {len(feeds)} feeds silent for a month"


def _coverage_remarks(days: Sequence[CoverageDay]) -> Iterator[str]:
    if gaps := sum(day.gaps for day in days):
        yield f"{gaps} possible gap{'s' if gaps > 1 else ''}"
    if quiet := [f"{day.day:%d %b}" for day in days if day.is_quiet]:
        yield f"quiet on {', '.join(quiet)}"
    if missed := sum(day.polls == 0 for day in days):
        yield f"not polled on {missed} day{'s' if missed > 1 else ''}"


def _show_lost(state: State, *, show_all: bool) -> None:
    shown = state.lost if show_all else state.lost[:LOST_SHOWN]
    if shown:
        rows = [(page.source_id, page.url, page.reason, utc_minute(page.failed_at)) for page in shown]
        console.table("lost pages", ("source", "page", "reason", "given up"), rows)
    if len(shown) < len(state.lost):
        console.echo(f"and {len(state.lost) - len(shown)} more lost pages: `newsledger status --all` lists them")


def _failures(tasks: Sequence[FailedTask]) -> str:
    runs = len({(task.dag_id, task.run_id) for task in tasks})
    corrected = len({(task.dag_id, task.run_id) for task in tasks if task.succeeded_at is not None})
    newest = tasks[0]
    last = f"the last at {utc_minute(newest.occurred_at)}, {newest.dag_id}: {newest.message}"
    failures = f"{len(tasks)} failure{'s' if len(tasks) > 1 else ''} in {runs} run{'s' if runs > 1 else ''}"
    failures += f" ({corrected} succeeded later)" if corrected else ""
    return f"{failures}; {last}"


def _totals(state: State) -> str:
    sources = {feed.source_id for feed in state.current_feeds}
    failing = {feed.source_id for feed in state.current_feeds if feed.is_failing}
    seen, captured = sum(day.seen for day in state.coverage), sum(day.captured for day in state.coverage)
    coverage_text = f", {captured} of {seen} articles {_week(state)} captured" if seen else ""
    return f"{len(sources)}, {len(failing)} with failing feeds{coverage_text}"


def _week(state: State) -> str:
    """The days that the coverage is about: the last ones of the published data, which may be long ago."""
    days = [day.day for day in state.coverage]
    return f"first seen from {min(days)} to {max(days)}"


def _findings(count: int) -> str:
    return "1 finding:" if count == 1 else f"{count} findings, the first:"


def _verified(state: State) -> str:
    last = state.verification
    if last is None:
        return "never: `newsledger maintain` and `newsledger verify` do it"
    result = f"{_findings(last.findings)} {last.first_finding}" if last.findings else "as recorded"
    since = f", all read since {utc_minute(last.read_since)}" if last.read_since else ""
    return f"{utc_minute(last.verified_at)}, {last.events} events{since}, {last.records} archive records, {result}"
