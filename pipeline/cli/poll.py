"""newsledger poll: the feeds of the sources, or saved ones, which need no ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from pipeline.cli.console import say
from pipeline.cli.options import Data, SourceIds, SourcesFile
from pipeline.errors import NewsledgerError
from pipeline.ledger.log import utc_now

STDIN = Path("-")


def register(app: typer.Typer) -> None:
    app.command()(poll)


def poll(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="With --file: saved feeds, folders of them, `-` for standard input.", show_default=False),
    ] = None,
    file: Annotated[bool, typer.Option("--file", help="Read saved feeds instead of the sources'.")] = False,
    url: Annotated[
        str | None, typer.Option(help="With --file: the feeds' address, for relative links.", show_default=False)
    ] = None,
    timezone: Annotated[str, typer.Option(help="With --file: for dates that name no time zone.")] = "UTC",
    source: SourceIds = None,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose next poll is due.")] = False,
    data: Data = None,
    sources: SourcesFile = None,
) -> None:
    """Poll the feeds and capture what is new; with --file print the items of saved feeds, one JSON object a line.

    A saved feed can be anything that a feed can be: RSS, Atom, RDF, JSON Feed, sitemap, also as .gz. Relative links are
    resolved against --url or, without it, against the page that the feed says it belongs to. Of a folder, all files are
    read, those in its folders too, in the order of their names. Warnings and feeds that cannot be read are lines on
    standard error; the exit status is 1 if one could not be read.
    """
    if file:
        _print_saved(_saved(files or []), url or "", _zone(timezone), utc_now())
    elif files:
        raise typer.BadParameter(f"{files[0]}: saved feeds are read with --file")
    else:
        _poll_live(source, due, data, sources)


def _poll_live(source: list[str] | None, due: bool, data: Path | None, sources: Path | None) -> None:
    from pipeline.cli.jobs import collect_only

    collect_only(source, due, data, sources)


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
    from pipeline.collect.feeds import NotAFeed, parse_feed

    unread = 0
    for file in files:
        try:
            feed = parse_feed(_read(file), url=url, content_type=None, zone=zone, now=now)
        except (NotAFeed, OSError) as exc:
            unread += 1
            say(f"{file}: {exc.strerror if isinstance(exc, OSError) else exc}")
            continue
        for item in feed.items:
            _print_line({"feed": str(file), **msgspec.to_builtins(item)})
        if feed.sitemaps:
            say(f"{file}: an index of {len(feed.sitemaps)} sitemaps, which hold the items")
        if feed.warnings:
            say(f"{file}: warnings: {', '.join(feed.warnings)}")
    sys.stdout.buffer.flush()
    if unread:
        raise NewsledgerError(f"{unread} of {len(files)} saved feeds gave no items: they cannot be read")


def _print_line(fields: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(fields) + b"\n")


def _read(path: Path) -> bytes:
    """As much as a feed may have and a byte more, which is then too much."""
    from pipeline.archive.codings import MAX_BODY_BYTES

    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BODY_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_BODY_BYTES + 1)
