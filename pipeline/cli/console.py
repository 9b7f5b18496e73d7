"""What a person sees: progress bars on a terminal, plain lines elsewhere, and tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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

from pipeline.steps.run.progress import OnProgress, Progress, log_progress

PIPED_WIDTH = 160
SOURCE_BARS = 12
"""So many sources that are busy at once have a bar of their own."""
out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(value: object) -> str:
    """Text from the world without what would steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


def say(message: str) -> None:
    """A plain line on standard error, where progress goes."""
    err.print(Text(printable(message)))


@contextmanager
def progress() -> Iterator[OnProgress]:
    """Bars on a terminal; elsewhere one log line when a step is done with a source (or with everything)."""
    if not err.is_terminal:
        yield log_progress
        return
    with Bars(*_COLUMNS, console=err, transient=True) as bars:
        yield _Steps(bars).show


class _Steps:
    """A bar for each step, and below it one for each source that the step is busy with."""

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
    """A table on standard output; numbers to the right."""
    grid = Table(title=title, title_justify="left", title_style="bold")
    for no, name in enumerate(columns):
        numeric = bool(rows) and all(
            (isinstance(row[no], int | float) and not isinstance(row[no], bool)) or row[no] is None for row in rows
        )
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if value is None else printable(value)) for value in row))
    out.print(grid)
