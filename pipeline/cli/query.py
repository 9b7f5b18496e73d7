"""newsledger sql: query the published models."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import duckdb
import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.errors import LedgerMissing, NewsledgerError
from pipeline.settings import PROJECT_ROOT, load_settings

QUERIES = PROJECT_ROOT / "sql" / "queries"
MAX_ROWS_SHOWN = 100
"""Rows of a table on the terminal; DuckDB leaves out those in the middle. CSV and JSON have all rows."""
FETCHED_ROWS = 1_000
"""Rows held in memory at a time while CSV and JSON are written."""


class OutputFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    query: Annotated[
        str | None,
        typer.Argument(help="SQL, a .sql file, or the name of a query in sql/queries; default: standard input."),
    ] = None,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="Output format; JSON is one object a line.")
    ] = OutputFormat.TABLE,
    data: Data = None,
) -> None:
    """Query news.duckdb: marts in schema main, all events in schema events.

    Works while the pipeline runs. Without QUERY it reads standard input, or lists the queries in sql/queries if the
    input is empty. Several statements, separated by semicolons, print their results one after another.

    Example: newsledger sql who_said_what
    """
    settings = load_settings(data=data)
    text = _query_text(query) if query is not None else _piped_text()
    if not text.strip():
        _list_queries()
        return
    if not settings.news_file.is_file():
        raise LedgerMissing(
            f"{settings.news_file}: does not exist yet; `newsledger ingest` or `newsledger demo` creates it"
        )
    try:
        con = duckdb.connect(settings.news_file, read_only=True)
    except duckdb.Error as exc:
        raise NewsledgerError(f"{settings.news_file}: cannot be opened: {str(exc).partition(chr(10))[0]}") from exc
    with con:
        con.execute("set timezone = 'UTC'")
        _answer(con, text, output)


def _piped_text() -> str:
    """What stands on standard input; empty on a terminal."""
    return "" if sys.stdin.isatty() else sys.stdin.read()


def _answer(con: duckdb.DuckDBPyConnection, text: str, output: OutputFormat) -> None:
    """Run the statements and print their results, in the order of the text, up to the first that fails."""
    try:
        statements = [statement.query.strip() for statement in con.extract_statements(text)]
    except duckdb.Error as exc:
        raise NewsledgerError(f"the query fails: {str(exc).strip()}") from exc
    printed = 0
    for number, statement in enumerate(statements, start=1):
        try:
            result = con.sql(statement)
            if result is not None:
                if printed and output is not OutputFormat.JSON:
                    sys.stdout.write("\n")
                _print_answer(result, output)
                printed += 1
        except duckdb.Error as exc:
            name = f"statement {number} of {len(statements)}" if len(statements) > 1 else "the query"
            raise NewsledgerError(f"{name} fails: {str(exc).strip()}") from exc


def _query_text(query: str) -> str:
    named = QUERIES / f"{query}.sql"
    if query.replace("_", "").isalnum() and named.is_file():
        return named.read_text("utf-8")
    if query.isidentifier():
        known = ", ".join(path.stem for path in sorted(QUERIES.glob("*.sql")))
        raise NewsledgerError(f"no query is named {query!r}; known names: {known}")
    if query.endswith(".sql"):
        try:
            return Path(query).read_text("utf-8")
        except OSError as exc:
            raise NewsledgerError(f"{query}: cannot be read: {exc.strerror}") from exc
    return query


def _list_queries() -> None:
    console.table(
        "newsledger sql NAME",
        ("name", "answers"),
        [(path.stem, _purpose(path)) for path in sorted(QUERIES.glob("*.sql"))],
    )


def _purpose(path: Path) -> str:
    first = path.read_text("utf-8").partition("\n")[0]
    return first.removeprefix("--").strip()


def _print_answer(answer: duckdb.DuckDBPyRelation, output: OutputFormat) -> None:
    match output:
        case OutputFormat.TABLE:
            with redirect_stdout(io.StringIO()) as drawn:
                answer.show(max_width=shutil.get_terminal_size((160, 50)).columns, max_rows=MAX_ROWS_SHOWN)
            sys.stdout.write("\n".join(console.printable(line) for line in drawn.getvalue().splitlines()) + "\n")
        case OutputFormat.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            while rows := answer.fetchmany(FETCHED_ROWS):
                writer.writerows([_for_terminal(_csv_cell(value)) for value in row] for row in rows)
        case OutputFormat.JSON:
            if len(set(answer.columns)) < len(answer.columns):
                raise NewsledgerError("two columns have the same name; rename one with `as` for JSON")
            while rows := answer.fetchmany(FETCHED_ROWS):
                for row in rows:
                    line = msgspec.json.encode(dict(zip(answer.columns, row, strict=True)), enc_hook=str)
                    sys.stdout.write(str(_for_terminal(line.decode())) + "\n")


def _csv_cell(value: object) -> object:
    """Lists and structs as JSON, booleans in lower case as DuckDB writes them."""
    if isinstance(value, list | dict):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return str(value).lower() if isinstance(value, bool) else value


def _for_terminal(value: object) -> object:
    return console.printable(value) if isinstance(value, str) and sys.stdout.isatty() else value
