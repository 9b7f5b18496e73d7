"""Every command of `newsledger`. Exit status: 0 done, 1 error (one line), 2 wrong usage, 130 interrupted."""

from __future__ import annotations

import io
import logging
import sys
from importlib.metadata import version
from typing import Annotated

import duckdb
import typer

from pipeline.cli import (
    airflow,
    backfill,
    backup,
    demo,
    doctor,
    export,
    ingest,
    maintain,
    pages,
    poll,
    query,
    redact,
    saved_files,
    search,
    sources,
    status,
)
from pipeline.cli.console import configure_logs, say
from pipeline.cli.interruption import INTERRUPTED, Interrupted, interruption, recording_nothing
from pipeline.errors import STORAGE_ERRNOS, NewsledgerError, storage_error
from pipeline.settings import load_settings
from pipeline.stopping import listen

app = typer.Typer(
    name="newsledger",
    help="Record what the news published, said and changed, as immutable events that you query with DuckDB.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # fills paragraphs to the width of the terminal
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"newsledger {version('newsledger')}")
        raise typer.Exit


@app.callback()
def begin(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)


RECORD, QUERY, LEDGER, FILES, SET_UP = "Record", "Query", "Ledger", "Saved files", "Set-up"
"""Headings of `newsledger --help`."""

app.command(rich_help_panel=RECORD)(demo.demo)
app.command(rich_help_panel=RECORD)(ingest.ingest)
app.command(rich_help_panel=RECORD)(poll.poll)
app.command(rich_help_panel=RECORD)(backfill.backfill)
# SQL may begin with a comment, which looks like an option
app.command(rich_help_panel=QUERY, context_settings={"ignore_unknown_options": True})(recording_nothing(query.sql))
# a query may begin with a word that is excluded, which looks like an option
app.command(rich_help_panel=QUERY, context_settings={"ignore_unknown_options": True})(recording_nothing(search.search))
app.command(rich_help_panel=QUERY)(recording_nothing(export.export))
app.command(rich_help_panel=QUERY)(recording_nothing(status.status))
app.command(rich_help_panel=QUERY)(recording_nothing(status.metrics))
app.command(rich_help_panel=QUERY)(recording_nothing(pages.report))
app.command(rich_help_panel=QUERY)(pages.serve)
app.command("models", rich_help_panel=QUERY)(ingest.build_models)
app.command(rich_help_panel=QUERY)(ingest.publish)
app.command(rich_help_panel=LEDGER)(ingest.init)
app.command("verify", rich_help_panel=LEDGER)(maintain.verify_ledger)
app.command(rich_help_panel=LEDGER)(maintain.maintain)
app.command(rich_help_panel=LEDGER)(backup.backup)
app.command(rich_help_panel=LEDGER)(backup.restore)
app.command(rich_help_panel=LEDGER)(backup.migrate)
app.command(rich_help_panel=LEDGER)(maintain.part)
app.command(rich_help_panel=LEDGER)(redact.redact)
app.command(rich_help_panel=FILES)(recording_nothing(saved_files.extract))
app.command(rich_help_panel=FILES)(recording_nothing(saved_files.annotate))
app.add_typer(sources.app, name="sources", rich_help_panel=SET_UP)
app.command(rich_help_panel=SET_UP)(airflow.airflow)
app.command(rich_help_panel=SET_UP)(recording_nothing(doctor.doctor))


def main() -> None:
    """Run the command; errors that a user can meet become one line on standard error."""
    listen()
    logging.raiseExceptions = False  # a log that cannot be written must not hide the error message
    if sys.stdout is None:  # a file opened next would get its number, and what is printed
        say("newsledger: standard output is closed; use >/dev/null to see nothing")
        sys.exit(1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows only ASCII shows a question mark
    try:
        with interruption(lambda: "what was recorded is kept, run the same command again to resume"):
            app()
    except Interrupted as exc:
        say(f"newsledger: interrupted; {exc}")
        sys.exit(INTERRUPTED)
    except NewsledgerError as exc:
        say(f"newsledger: {exc}")
        sys.exit(1)
    except duckdb.Error as exc:
        say(f"newsledger: DuckDB: {str(exc).partition(chr(10))[0]}")
        sys.exit(1)
    except OSError as exc:
        if exc.errno not in STORAGE_ERRNOS:
            raise
        say(f"newsledger: {storage_error(exc, 'standard output or a file')}")
        sys.exit(1)
