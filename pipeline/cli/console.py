"""What a person sees: progress bars on a terminal, plain lines elsewhere, and tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from pipeline.steps.progress import OnProgress, Progress

PIPED_WIDTH = 160
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
    """Bars on a terminal; elsewhere one line when a step is done with a source (or with everything)."""
    if not err.is_terminal:
        yield _line
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[at]}"),
    )
    with Bars(*columns, console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        totals: dict[tuple[str, str | None], tuple[int, int]] = {}

        def show(tick: Progress) -> None:
            if tick.step not in tasks:
                tasks[tick.step] = bars.add_task(tick.step, total=None, at="")
            totals[tick.step, tick.source_id] = (tick.done, tick.total)
            mine = [counts for (step, _), counts in totals.items() if step == tick.step]
            bars.update(
                tasks[tick.step],
                completed=sum(done for done, _ in mine),
                total=sum(total for _, total in mine),
                at=tick.source_id or "",
            )

        yield show


def _line(tick: Progress) -> None:
    if tick.done == tick.total:
        say(f"{tick.step}: {tick.source_id + ': ' if tick.source_id else ''}{tick.done} done")


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
