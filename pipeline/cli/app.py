"""The `newsledger` command and how it ends: 0 done, 1 an error in one line, 2 wrong use, 130 interrupted."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType

import duckdb
import typer

from pipeline.cli import airflow, backfill, demo, inspect, jobs, maintain, pages, poll, sources, status
from pipeline.cli.console import say
from pipeline.cli.logs import configure_logs
from pipeline.errors import STORAGE_ERRNOS, NewsledgerError
from pipeline.settings import load_settings

INTERRUPTED = 130

app = typer.Typer(
    name="newsledger",
    help="News feeds in, an auditable and replayable record out: immutable events, queried with DuckDB.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # paragraphs are filled to the width of the terminal
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def begin() -> None:
    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)


demo.register(app)
jobs.register(app)
poll.register(app)
backfill.register(app)
inspect.register(app)
status.register(app)
maintain.register(app)
pages.register(app)
airflow.register(app)
app.add_typer(sources.app, name="sources")


_INTERRUPTED_LINE = "newsledger: interrupted; what was recorded stays, run it again to go on"
_DUCKDB_INTERRUPTED = "Query interrupted"
"""What DuckDB makes of a KeyboardInterrupt while it works, a RuntimeError."""


def main() -> None:
    """Run the command; errors that a user can meet become one line on standard error."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has it ignored for what runs in the background
    signal.signal(signal.SIGTERM, _interrupt)
    logging.raiseExceptions = False  # a log that cannot be written must not bury the error that is said
    try:
        app()
    except NewsledgerError as exc:
        say(f"newsledger: {exc}")
        sys.exit(1)
    except duckdb.Error as exc:
        say(f"newsledger: DuckDB: {str(exc).partition(chr(10))[0]}")
        sys.exit(1)
    except OSError as exc:
        if exc.errno not in STORAGE_ERRNOS:
            raise
        say(f"newsledger: {exc.filename or 'a file'}: {exc.strerror}")
        sys.exit(1)
    except RuntimeError as exc:
        if str(exc) != _DUCKDB_INTERRUPTED:
            raise
        say(_INTERRUPTED_LINE)
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        say(_INTERRUPTED_LINE)
        sys.exit(INTERRUPTED)
    except SystemExit as exc:
        if exc.code == INTERRUPTED:
            say(_INTERRUPTED_LINE)
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    """To be terminated is to be interrupted: the append in hand is finished, then the run ends."""
    signal.raise_signal(signal.SIGINT)
