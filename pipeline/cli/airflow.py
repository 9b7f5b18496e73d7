"""newsledger airflow: a local Airflow with our DAGs, until ctrl-C."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import typer

from pipeline import standalone
from pipeline.airflow_lock import only_one_airflow
from pipeline.cli import console
from pipeline.cli.console import say
from pipeline.cli.options import Data, SourcesPath
from pipeline.prerequisites import require_usable
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings, load_settings, unknown_settings
from pipeline.sources import load_sources

SCHEDULES = {
    "ingest_daily": "at 00:00 UTC: polls all feeds, reads what was captured, builds and publishes the tables",
    "poll_hourly": "at half past every hour: polls the feeds that are due",
    "maintain_weekly": "on Sundays at 03:00 UTC: merges the ledger's files, verifies the archive",
}
"""What runs when; a test compares it with the DAGs."""


def airflow(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web page on loopback.")] = 8080,
    data: Data = None,
    sources: SourcesPath = None,
) -> None:
    """Run Airflow on this machine with newsledger's DAGs; ctrl-C stops it.

    Prints what will run, and the address, user and password of the web page. Nothing listens but this page, on
    loopback. Everything that Airflow stores is in DATA/airflow.
    """
    settings = load_settings(data=data, sources=sources)
    require_usable(settings)
    count = len(load_sources(settings.sources))
    console.require_free(port)
    for number in standalone.INTERRUPTS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # `nohup` means it
            signal.signal(number, _interrupt)  # needed where a script started this command with SIGINT ignored
    try:
        for name, nearest in unknown_settings().items():
            say(f"{name} is no setting and is ignored; did you mean {nearest}?")
        with noted_ledger(settings):
            pass  # it is begun here, before anything of Airflow is
        with only_one_airflow(settings.data / "airflow") as lock:
            _announce(settings, count, port)
            with standalone.standalone(settings, port, lock) as running:
                login = f"user admin  password {standalone.admin_password(settings)}"
                console.echo(f"Airflow runs at http://127.0.0.1:{port}  {login}  (ctrl-C stops it)")
                running.wait()
    except KeyboardInterrupt:
        say("Airflow has stopped")


def _announce(settings: Settings, sources: int, port: int) -> None:
    say(f"Airflow will poll, capture and publish the {sources} source(s) of {settings.sources} into {settings.data}:")
    for dag_id, when in SCHEDULES.items():
        say(f"  {dag_id:<16} {when}")
    say("ingest_daily also runs now, unless today's run exists. Starting takes half a minute or more.")
    say(f"The page will be at http://127.0.0.1:{port}; the log is {settings.data / 'airflow' / 'standalone.log'}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stop. Further interrupts are ignored, because otherwise they would end the stopping."""
    for each in standalone.INTERRUPTS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
