"""newsledger airflow: a local Airflow with our DAGs, until ctrl-C."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Annotated

import typer

from pipeline import standalone
from pipeline.cli.console import say
from pipeline.cli.options import Data, SourcesFile
from pipeline.errors import SettingsError
from pipeline.settings import load_settings
from pipeline.sources import load_sources


def airflow(
    port: Annotated[
        int, typer.Option(help="Port of the web page on loopback; Airflow also uses the next two ports.")
    ] = 8080,
    data: Data = None,
    sources: SourcesFile = None,
) -> None:
    """Run Airflow on this machine with newsledger's DAGs; ctrl-C stops it.

    Prints the address, user and password of the web page. Everything that Airflow stores is in DATA/airflow.
    """
    settings = load_settings(data=data, sources=sources)
    load_sources(settings.sources)
    for used in (port, port + 1, port + 2):
        _require_free(used)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)  # needed where a script started this command with SIGINT ignored
    password = standalone.admin_password(settings)
    say(f"starting Airflow; its log is {settings.data / 'airflow' / 'standalone.log'}")
    with standalone.standalone(settings, port) as process:
        typer.echo(f"Airflow runs at http://127.0.0.1:{port}  user admin  password {password}  (ctrl-C stops it)")
        try:
            status = process.wait()
        except KeyboardInterrupt:
            say("stopping Airflow")
            return
    raise SettingsError(f"airflow standalone stopped unexpectedly with status {status}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise SettingsError(f"port {port} is in use; choose another with --port") from exc
