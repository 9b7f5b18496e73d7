"""newsledger demo: run the main job on the sample newsroom."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.ingest import append_events, rebuild, summarize
from pipeline.cli.options import Data
from pipeline.errors import SettingsError
from pipeline.ledger import Ledger, start_run
from pipeline.settings import Settings, load_settings
from pipeline.sources import load_sources

if TYPE_CHECKING:
    from pipeline.demo.newsroom import Newsroom

PORT = 8790
DAYS = 4
"""Number of simulated days; each is polled once, in the evening."""
POLL_TIME = wall_time(20, tzinfo=UTC)


class SimulatedClock:
    """A clock that runs at normal speed from a moment that is set."""

    def set(self, at: datetime) -> None:
        self._at, self._set_at = at, time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._set_at)


class LastPoll(msgspec.Struct, frozen=True):
    occurred_at: datetime | None


def demo(
    data: Data = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the sample newsroom.")] = PORT,
    serve: Annotated[bool, typer.Option("--serve", help="Keep the newsroom running afterwards, until ctrl-C.")] = False,
) -> None:
    """Run the main job on a sample newsroom: five made-up outlets over four simulated days.

    The newsroom is a web server on this machine, so the demo needs no network. It records into DIR/demo of the data
    directory, or into --data. When it is run again, it polls the last day once more.
    """
    base = load_settings(data=data)
    data = base.data if data else base.data / "demo"
    settings = base.model_copy(
        update={"data": data, "sources": data / "newsroom.toml", "allow_hosts": (*base.allow_hosts, ".localhost")}
    )
    began, clock = time.monotonic(), SimulatedClock()
    with _open_newsroom(clock, port) as newsroom, Ledger.open(settings.ledger_catalog) as ledger:
        runs = []
        settings.sources.write_text(newsroom.sources_toml(), "utf-8")
        sources = load_sources(settings.sources)
        _require_demo_ledger(settings, ledger, {source.id for source in sources})
        for day, evening in _evenings(ledger):
            clock.set(evening)
            console.say(f"day {day} of {DAYS}: {evening:%A %d %B %Y, %H:%M} UTC")
            runs.append(start_run(clock))
            with console.progress() as on_progress:
                append_events(settings, ledger, sources, runs[-1], on_progress).require_success()
        rebuild(settings)
        summarize(ledger, runs, time.monotonic() - began)
        _suggest(settings)
        if serve:
            console.say(f"the newsroom stays open on port {port} (sources: {settings.sources}); ctrl-C stops it")
            while True:
                time.sleep(3600)


def _require_demo_ledger(settings: Settings, ledger: Ledger, outlets: set[str]) -> None:
    """Raise SettingsError if the ledger records other sources, so that made-up news is not mixed into real news."""
    from pipeline.steps.collect import KnownSource

    others = {row.source_id for row in ledger.select(KnownSource, "known_sources")} - outlets
    if others:
        raise SettingsError(
            f"{settings.data}: its ledger records {min(others)!r}, which is no demo source; choose another --data"
        )


@contextmanager
def _open_newsroom(clock: Callable[[], datetime], port: int) -> Iterator[Newsroom]:
    from pipeline.demo.newsroom import Newsroom

    newsroom = Newsroom(clock, port=port)
    try:
        newsroom.__enter__()
    except OSError as exc:
        command = f"{_short(Path(sys.argv[0]).absolute())} demo --port NUMBER"
        raise SettingsError(
            f"port {port} cannot be used for the sample newsroom ({exc.strerror}); end what uses it, or run `{command}`"
        ) from exc
    try:
        yield newsroom
    finally:
        newsroom.__exit__(None, None, None)


def _evenings(ledger: Ledger) -> Iterator[tuple[int, datetime]]:
    """(day number, poll time) of the simulated days, beginning with the day of the last recorded poll.

    A ledger's time must not run backwards, so earlier days are skipped.
    """
    from pipeline.demo.newsroom import FIRST_DAY

    last = ledger.select(LastPoll, "last_poll")[0].occurred_at
    for day in range(1, DAYS + 1):
        evening = datetime.combine(FIRST_DAY + timedelta(days=day - 1), POLL_TIME)
        if last is None or last.date() <= evening.date():
            yield day, max(evening, last) if last else evening


def _suggest(settings: Settings) -> None:
    command = _short(Path(sys.argv[0]).absolute())
    where = "" if settings.data == load_settings().data else f" --data {shlex.quote(_short(settings.data))}"
    console.echo("\nThree queries to try:")
    for name in ("who_said_what", "what_changed", "coverage"):
        console.echo(f"    {command} sql{where} {name}")
    console.echo(f"or open {settings.news_file} with any DuckDB client, at any time.")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
