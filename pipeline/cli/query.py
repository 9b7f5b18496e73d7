"""newsledger sql: query the published models."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from pipeline.cli.answers import OutputFormat, format_of, replaced, save, show
from pipeline.cli.named_queries import query_text, set_parameters
from pipeline.cli.options import Data, utf8
from pipeline.errors import NewsledgerError, cannot_be_opened
from pipeline.pages.published_file import require_published
from pipeline.settings import Settings, load_settings
from pipeline.shared_files import published_file

_LOGS = re.compile(r"\benable_logging\b", re.IGNORECASE)
"""DuckDB opens the log's file only at the next statement, and ends the whole process if it may not."""


def sql(
    query: Annotated[
        str | None,
        typer.Argument(
            callback=utf8, help="SQL, a .sql file, or the name of a query in sql/queries; default: standard input."
        ),
    ] = None,
    output: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            help="Output format; default: table, or what the ending of FILE names. JSON is one object a line on "
            "standard output and one array in a file; JSONL is one object a line in both.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the answer to this file, in one rename.", show_default=False
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            callback=utf8,
            help="A parameter of the query; can be repeated.",
            show_default=False,
        ),
    ] = None,
    allow_files: Annotated[
        bool, typer.Option("--allow-files", help="Let the query read and write other files, and attach databases.")
    ] = False,
    data: Data = None,
) -> None:
    """Query news.duckdb: marts in schema main, all events in schema events.

    A query can read nothing else unless you say --allow-files, so one that somebody sent you is safe to run.

    Works while the pipeline runs. Without QUERY it is a prompt on a terminal; elsewhere it reads standard input, or
    lists the queries in sql/queries if the input is empty. Several statements, separated by semicolons, print their
    results one after another.

    Example: newsledger sql who_said_what --set since=2026-03-01 -o said.csv
    """
    settings = load_settings(data=data)
    chosen = output or (OutputFormat.TABLE if file is None else format_of(file))
    if query is None and file is None and sys.stdin.isatty() and sys.stdout.isatty():
        _converse(settings, chosen, allow_files)
        return
    text = query_text(query) if query is not None else "" if sys.stdin.isatty() else sys.stdin.read()
    if not text.strip():
        from pipeline.cli.sql_prompt import show_queries

        show_queries()
        return
    if file is None:
        with open_news(settings, allow_files) as con:
            set_parameters(con, text, given or ())
            run(con, text, _Printer(chosen))
        return
    with replaced(file) as partial, open_news(settings, allow_files, partial) as con:
        set_parameters(con, text, given or ())
        run(con, text, _OneFile(partial, chosen))


class _Printer:
    """Prints one answer after another, with an empty line between tables."""

    def __init__(self, output: OutputFormat) -> None:
        self._output = output
        self._printed = 0

    def __call__(self, answer: duckdb.DuckDBPyRelation) -> None:
        if self._printed and self._output in (OutputFormat.TABLE, OutputFormat.CSV):
            sys.stdout.write("\n")
        show(answer, self._output)
        self._printed += 1


class _OneFile:
    """Writes the only answer to the file."""

    def __init__(self, file: Path, output: OutputFormat) -> None:
        self._file = file
        self._output = output

    def __call__(self, answer: duckdb.DuckDBPyRelation) -> None:
        if self._file.exists():
            raise NewsledgerError("a file takes the answer of one statement, and the query has several")
        save(answer, self._output, self._file)


def _converse(settings: Settings, output: OutputFormat, allow_files: bool) -> None:
    from pipeline.cli.sql_prompt import converse

    with open_news(settings, allow_files) as con:
        converse(con, lambda text, use: run(con, text, use), output, settings.sql_history_file)


def open_news(settings: Settings, allow_files: bool = False, written: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open the published file for reading, with time zone UTC. Queries can reach no other files, except `written`.

    Raises LedgerMissing if nothing has been published yet, NewsledgerError if the file cannot be opened.
    """
    news = published_file(settings)
    require_published(news)
    try:
        con = duckdb.connect(news, read_only=True)
    except duckdb.Error as exc:
        raise cannot_be_opened(news, exc) from exc
    con.execute("set timezone = 'UTC'")
    if not allow_files:
        con.execute("set allowed_paths = ?", [[str(written)] if written else []])
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    return con


def run(con: duckdb.DuckDBPyConnection, text: str, use: Callable[[duckdb.DuckDBPyRelation], None]) -> None:
    """Run the statements and pass on their answers, in the order of the text, up to the first that fails.

    An answer is computed while it is used. Raises NewsledgerError that names the statement that failed.
    """
    try:
        statements = [statement.query.strip() for statement in con.extract_statements(text)]
    except duckdb.Error as exc:
        raise NewsledgerError(f"the query fails: {str(exc).strip()}") from exc
    is_restricted = con.execute("select not current_setting('enable_external_access')").fetchall() == [(True,)]
    for number, statement in enumerate(statements, start=1):
        name = f"statement {number} of {len(statements)}" if len(statements) > 1 else "the query"
        if is_restricted and _LOGS.search(statement):
            raise NewsledgerError(
                f"{name} fails: it turns on DuckDB's log, which may be a file; --allow-files permits it"
            )
        try:
            answer = con.sql(statement)
            if answer is not None:
                use(answer)
        except duckdb.Error as exc:
            hint = "; --allow-files permits it" if isinstance(exc, duckdb.PermissionException) else ""
            raise NewsledgerError(f"{name} fails: {str(exc).strip()}{hint}") from exc
