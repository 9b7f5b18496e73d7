"""The commands that move data: init, ingest, demo, models, publish."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as dtime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data, SourceIds, SourcesFile
from pipeline.errors import NewsledgerError, SettingsError
from pipeline.ledger import Ledger, Run, start_run
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.steps.progress import OnProgress
from pipeline.steps.window import lookback

if TYPE_CHECKING:
    from pipeline.steps.poll import PollOfRun
    from pipeline.steps.stores import StepResult

DEMO_PORT = 8790
DEMO_DAYS = 4
DEMO_HOUR = dtime(20, tzinfo=UTC)


class Totals(msgspec.Struct, frozen=True):
    """What the ledger holds; fields in the order of the summary."""

    feeds: int
    items: int
    captures: int
    articles: int
    quotes: int
    stripped_captions: int


def register(app: typer.Typer) -> None:
    for command in (demo, ingest, init):
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

    Exit status 1 if not one feed could be read; what failed is recorded and listed either way.
    """
    settings = load_settings(data=data, sources=sources)
    chosen = select(load_sources(settings.sources), source or ())
    run = start_run()
    began, before = time.monotonic(), _totals(settings)
    with console.progress() as on_progress:
        append_events(settings, chosen, run, on_progress)
    _rebuild(settings)
    polls, failures = _failed_polls(settings, run)
    _summary(settings, before, time.monotonic() - began)
    for failure in failures:
        console.say(f"{failure.source_id}: {failure.feed_url}: {failure.reason}: {failure.detail or ''}")
    if len(failures) == polls:
        raise NewsledgerError(f"not one of {polls} feeds could be read; each failure is recorded with its reason")


def demo(
    data: Data = None,
    port: Annotated[int, typer.Option(help="Port of the sample newsroom on loopback.")] = DEMO_PORT,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the newsroom open afterwards, until ctrl-C.")] = False,
) -> None:
    """The main job on the sample newsroom: five made-up outlets, four simulated days, nothing but this machine."""
    from pipeline.demo.newsroom import FIRST_DAY, Newsroom

    base = load_settings(data=data)
    data = base.data if data else base.data / "demo"
    settings = base.model_copy(update={"data": data, "sources": data / "sources.toml", "allow_hosts": (".localhost",)})
    began, before = time.monotonic(), _totals(settings)
    clock = SimulatedClock()
    try:
        newsroom = Newsroom(clock, port=port)
        with newsroom:
            data.mkdir(parents=True, exist_ok=True)
            settings.sources.write_text(newsroom.sources_toml(), "utf-8")
            chosen = load_sources(settings.sources)
            for day in range(1, DEMO_DAYS + 1):
                clock.set(datetime.combine(FIRST_DAY + timedelta(days=day - 1), DEMO_HOUR))
                console.say(f"day {day} of {DEMO_DAYS}: {clock():%A %d %B %Y, %H:%M} UTC")
                with console.progress() as on_progress:
                    append_events(settings, chosen, start_run(clock), on_progress)
            _rebuild(settings)
            _summary(settings, before, time.monotonic() - began)
            _suggest(settings)
            if serve:
                console.say(f"the newsroom stays open on port {port} (sources: {settings.sources}); ctrl-C ends it")
                while True:
                    time.sleep(3600)
    except OSError as exc:
        raise SettingsError(f"port {port} cannot be used for the sample newsroom ({exc.strerror}); try --port") from exc


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


def append_events(settings: Settings, sources: Sequence[Source], run: Run, on_progress: OnProgress) -> StepResult:
    """The four steps that append events, for the last days."""
    from pipeline.steps.annotate import annotate
    from pipeline.steps.collect import collect
    from pipeline.steps.extract import extract
    from pipeline.steps.stores import Stores

    with Stores(settings, run, on_progress) as stores:
        result = collect(stores, sources)
        interval = lookback(settings, stores.now())
        return result + extract(stores, interval) + annotate(stores, interval)


class SimulatedClock:
    """Runs on from a moment that is set."""

    def __init__(self) -> None:
        self.set(utc_now())

    def set(self, at: datetime) -> None:
        self._at, self._set_at = at, time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._set_at)


def _rebuild(settings: Settings) -> None:
    console.say("models: building and testing")
    models.build(settings)
    models.publish(settings)


def _totals(settings: Settings) -> Totals:
    if not settings.ledger_catalog.is_file():
        return Totals(0, 0, 0, 0, 0, 0)
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        return ledger.select(Totals, "totals")[0]


def _failed_polls(settings: Settings, run: Run) -> tuple[int, list[PollOfRun]]:
    from pipeline.steps.poll import failed_polls

    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        return failed_polls(ledger, run)


def _summary(settings: Settings, before: Totals, seconds: float) -> None:
    after = _totals(settings)
    rows: list[tuple[str, object, object]] = [
        (name.replace("_", " "), getattr(after, name) - getattr(before, name), getattr(after, name))
        for name in Totals.__struct_fields__
    ]
    console.table(None, ("", "this run", "in the ledger"), [*rows, ("seconds", round(seconds, 1), "")])


def _suggest(settings: Settings) -> None:
    where = "" if settings.data == load_settings().data else f" --data {_short(settings)}"
    typer.echo("\nThree queries to try:")
    for name in ("who_said_what", "what_changed", "coverage"):
        typer.echo(f"    newsledger sql{where} {name}")
    typer.echo(f"or open {settings.news_file} with any DuckDB client, at any time.")


def _short(settings: Settings) -> str:
    cwd = Path.cwd()
    return str(settings.data.relative_to(cwd)) if settings.data.is_relative_to(cwd) else str(settings.data)
