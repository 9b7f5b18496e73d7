"""Everything that is shown: progress bars on a terminal (plain lines elsewhere), tables, and the log of a run."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from structlog.typing import EventDict, Processor, WrappedLogger

from pipeline.display import printable, without_logins
from pipeline.errors import SettingsError
from pipeline.settings import LogFormat, LogLevel
from pipeline.steps.run.progress import OnProgress, Progress, log_progress

PIPED_WIDTH = 160
"""Width of tables that are not written to a terminal, in characters."""
SOURCE_BARS = 12
"""Maximum number of sources that are shown with their own progress bar."""
out = Console(highlight=False, width=None if sys.stdout and sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def echo(text: str) -> None:
    """Print lines on standard output."""
    typer.echo(printable(text))


def say(message: str) -> None:
    """Print a plain line on standard error, without passwords in addresses."""
    err.print(Text(printable(without_logins(message))))


@contextmanager
def progress() -> Iterator[OnProgress]:
    """Show progress bars on a terminal; elsewhere log one line when a step has finished a source (or everything)."""
    if not err.is_terminal:
        yield log_progress
        return
    with Bars(*_COLUMNS, console=err, transient=True) as bars:
        yield _StepBars(bars).show


class _StepBars:
    """One bar for each step, and below it one for each source that the step is working on."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._steps: dict[str, TaskID] = {}
        self._sources: dict[tuple[str, str], TaskID] = {}
        self._ticks: dict[tuple[str, str | None], Progress] = {}

    def show(self, tick: Progress) -> None:
        self._ticks[tick.step, tick.source_id] = tick
        mine = [each for each in self._ticks.values() if each.step == tick.step]
        if tick.step not in self._steps:
            self._steps[tick.step] = self._bars.add_task(tick.step, total=None, fetched="")
        self._bars.update(
            self._steps[tick.step],
            completed=sum(each.done for each in mine),
            total=sum(each.total for each in mine),
            fetched=_size(sum(each.bytes for each in mine)),
        )
        if tick.source_id is not None:
            self._show_source(tick, tick.source_id)

    def _show_source(self, tick: Progress, source_id: str) -> None:
        key = tick.step, source_id
        if tick.done == tick.total:
            if key in self._sources:
                self._bars.remove_task(self._sources.pop(key))
            return
        if key not in self._sources:
            self._sources[key] = self._bars.add_task(f"  {source_id}", fetched="", visible=False)
        self._bars.update(
            self._sources[key],
            completed=tick.done,
            total=tick.total,
            fetched=_size(tick.bytes),
            visible=len(self._sources) <= SOURCE_BARS,
        )


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def _size(count: int) -> str:
    return decimal(count) if count else ""


_COLUMNS = (
    TextColumn("{task.description:<12}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[fetched]:>9}"),
    _Rate(),
    TimeElapsedColumn(),
)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on standard output, with numbers aligned right."""
    grid = Table(title=title, title_justify="left", title_style="bold")
    for no, name in enumerate(columns):
        numeric = bool(rows) and all(
            (isinstance(row[no], int | float) and not isinstance(row[no], bool)) or row[no] is None for row in rows
        )
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if value is None else printable(value)) for value in row))
    out.print(grid)


class _Lines:
    """structlog's output: standard error, above the progress bars, with control characters replaced."""

    def msg(self, line: str) -> None:
        say(line)

    debug = info = warning = error = critical = exception = msg


def configure_logs(log_format: LogFormat, level: LogLevel) -> None:
    """Log to standard error: JSON lines if asked for, else plain text on a terminal, else `key=value`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_none,
            _renderer(log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,
    )


def _renderer(log_format: LogFormat) -> Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if err.is_terminal:
        return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)


def _without_none(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value is not None}


def require_free(port: int) -> None:
    """Raises SettingsError if something listens on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise SettingsError(f"port {port} cannot be used ({exc.strerror}); choose another with --port") from exc
