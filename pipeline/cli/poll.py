"""newsledger poll: poll the sources' feeds, or read saved feeds, which needs no ledger."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.console import say
from pipeline.cli.ingest import report_result, summarize
from pipeline.cli.options import Data, SourceIds, SourcesPath
from pipeline.collect import READERS
from pipeline.display import json_text
from pipeline.errors import NewsledgerError
from pipeline.ledger import start_run
from pipeline.ledger.log import utc_now
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import load_settings
from pipeline.sources import load_sources, select
from pipeline.steps.feed_state import Which
from pipeline.workers import READING, Lost, parallel_map, preload

if TYPE_CHECKING:
    from pipeline.collect.feeds import Feed

STDIN = Path("-")
_FOR_DIGESTS = frozenset({"written_title", "written_summary"})
"""Fields of an item that repeat its title and summary."""


def poll(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="With --file: saved feeds, folders of them, or `-` for standard input.", show_default=False
        ),
    ] = None,
    file: Annotated[bool, typer.Option("--file", help="Read saved feeds instead of polling.")] = False,
    url: Annotated[
        str | None, typer.Option(help="With --file: the feeds' address, for relative links.", show_default=False)
    ] = None,
    timezone: Annotated[str, typer.Option(help="With --file: time zone of dates without one.")] = "UTC",
    source: SourceIds = None,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose next poll is due.")] = False,
    data: Data = None,
    sources: SourcesPath = None,
) -> None:
    """Poll the feeds and capture new pages, without extraction, annotation and models.

    With --file it prints the items of saved feeds instead, one JSON object a line. A saved feed is RSS, Atom, RDF, JSON
    Feed or a sitemap, also as .gz. A folder is read with its subfolders, in the order of the file names. Relative links
    are resolved against --url, or else against the page that the feed names as its own. Warnings and errors go to
    standard error; the exit status is 1 if a feed could not be read.
    """
    if file:
        _print_saved(_saved(files or []), url or "", _zone(timezone), utc_now())
    elif files:
        raise typer.BadParameter(f"{files[0]}: saved feeds are read with --file")
    else:
        _poll_live(source, due, data, sources)


def _poll_live(source: list[str] | None, due: bool, data: Path | None, sources: Path | None) -> None:
    from pipeline.steps.collect import collect, expire_removed
    from pipeline.steps.run.stores import Stores

    settings = load_settings(data=data, sources=sources)
    roster = load_sources(settings.sources)
    chosen = select(roster, source or ())
    which = Which.DUE if due else Which.ALL if source else Which.CURRENT
    preload(*READERS)
    run = start_run()
    began = time.monotonic()
    with noted_ledger(settings) as ledger:
        with console.progress() as on_progress, Stores(settings, run, on_progress, ledger=ledger) as stores:
            result = collect(stores, chosen, which, roster=roster) + expire_removed(stores, roster)
        summarize(ledger, [run], time.monotonic() - began)
        report_result(ledger, run, result)


def _saved(paths: Sequence[Path]) -> list[Path]:
    if not paths:
        raise typer.BadParameter("--file needs saved feeds, folders of them, or `-` for standard input")
    return [file for path in paths for file in _files_of(path)]


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise typer.BadParameter(f"unknown timezone {name!r}") from exc


def _print_saved(files: Sequence[Path], url: str, zone: ZoneInfo, now: datetime) -> None:
    from pipeline.collect.feeds import Feed

    preload(__name__, *READERS)
    unread = 0
    tasks = [_read(file) if file == STDIN else file for file in files]
    feeds = parallel_map(partial(_feed_or_problem, url=url, zone=zone, now=now), tasks, jobs=1, bounds=READING)
    for file, feed in zip(files, feeds, strict=True):
        if not isinstance(feed, Feed):
            unread += 1
            say(f"{file}: {feed.detail if isinstance(feed, Lost) else feed}")
            continue
        for item in feed.items:
            said = {name: value for name, value in msgspec.to_builtins(item).items() if name not in _FOR_DIGESTS}
            _print_line({"feed": str(file), **said})
        if feed.sitemaps:
            say(f"{file}: an index of {len(feed.sitemaps)} sitemaps, which hold the items")
        if feed.repeats:
            say(f"{file}: repeats of earlier items: {', '.join(feed.repeats)}")
        if feed.warnings:
            say(f"{file}: warnings: {', '.join(feed.warnings)}")
    sys.stdout.buffer.flush()
    if unread:
        raise NewsledgerError(f"{unread} of {len(files)} saved feeds gave no items: they cannot be read")


def _feed_or_problem(saved: Path | bytes, *, url: str, zone: ZoneInfo, now: datetime) -> Feed | str:
    from pipeline.collect.feeds import NotAFeed, parse_feed

    try:
        body = _read(saved) if isinstance(saved, Path) else saved
        return parse_feed(body, url=url, content_type=None, zone=zone, now=now)
    except OSError as exc:
        return str(exc.strerror)
    except NotAFeed as exc:
        return str(exc)


def _print_line(fields: dict[str, Any]) -> None:
    sys.stdout.buffer.write(f"{json_text(fields)}\n".encode())


def _read(path: Path) -> bytes:
    """At most one byte more than a feed may have, so that a longer file is rejected as too large."""
    from pipeline.archive.codings import MAX_BODY_BYTES

    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BODY_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_BODY_BYTES + 1)
