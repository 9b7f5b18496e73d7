"""Options that several commands share."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pipeline.errors import SettingsError
from pipeline.interval import Interval

Given = TypeVar("Given", str, list[str], str | None, list[str] | None)


def utf8(given: Given) -> Given:
    """Texts of the command line, which Python could not decode if the locale knows only ASCII.

    Raises SettingsError for a text that is not valid UTF-8: DuckDB cannot take it.
    """
    if isinstance(given, list):
        return [_utf8(each) for each in given]
    return given if given is None else _utf8(given)


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(text).decode()
        except UnicodeDecodeError as exc:
            shown = os.fsencode(text).decode("utf-8", "replace")
            raise SettingsError(f"{shown!r} on the command line is not valid UTF-8") from exc
    return text


Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Data directory (default $NEWSLEDGER_DATA, else ./data).", show_default=False
    ),
]
SourcesPath = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        metavar="FILE",
        help="File of the sources (default $NEWSLEDGER_SOURCES, else ./sources.toml).",
        show_default=False,
    ),
]
SourceIds = Annotated[
    list[str] | None,
    typer.Option(
        "--source", metavar="ID", callback=utf8, help="Only this source; can be repeated.", show_default=False
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Number of worker processes (default: all cores).", show_default=False),
]

Since = Annotated[
    str | None, typer.Option("--since", metavar="DAY", help="First day or moment (UTC).", show_default=False)
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="DAY", help="Last day, included; or the moment at which it ends.", show_default=False
    ),
]
LanguageCode = Annotated[
    str | None,
    typer.Option("--language", metavar="CODE", callback=utf8, help="Only this language, as de.", show_default=False),
]

_WEEK = re.compile(r"\d{4}-?W")


def day_or_moment(text: str, name: str) -> date | datetime:
    """A day, or a moment in UTC, as a user typed it for the option `name`. Raises typer.BadParameter."""
    if _WEEK.match(text):  # fromisoformat would return its Monday
        raise typer.BadParameter(f"{name}: {text!r} is a week; give its first or last day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass  # not a day: try a moment
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise typer.BadParameter(f"{name}: {text!r} is neither a day such as 2026-03-14 nor a moment") from exc


def interval_of(since: str | None, until: str | None) -> Interval:
    """The interval of the options --since and --until; without them it has no limits. Raises typer.BadParameter."""
    start = day_or_moment(since, "--since") if since is not None else datetime.min.replace(tzinfo=UTC)
    end = day_or_moment(until, "--until") if until is not None else datetime.max.replace(tzinfo=UTC)
    start_at = start if isinstance(start, datetime) else midnight(start)
    end_at = end if isinstance(end, datetime) else midnight(end + timedelta(days=1))
    if end_at <= start_at:
        raise typer.BadParameter(f"--until ({until}) is not after --since ({since})")
    return Interval(start_at, end_at)


def midnight(day: date) -> datetime:
    """The beginning of the day in UTC."""
    return datetime.combine(day, time(), UTC)
