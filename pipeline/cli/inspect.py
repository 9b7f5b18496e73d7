"""The commands that look: sql, verify."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import duckdb
import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import Data, OutputFormat
from pipeline.errors import LedgerMissing, NewsledgerError
from pipeline.ledger import Ledger, verify
from pipeline.settings import PROJECT_ROOT, load_settings

QUERIES = PROJECT_ROOT / "sql" / "queries"
MAX_ROWS_SHOWN = 100
FETCHED_ROWS = 1_000


def register(app: typer.Typer) -> None:
    app.command(context_settings={"ignore_unknown_options": True})(sql)  # SQL may begin with a comment
    app.command("verify")(verify_ledger)


def sql(
    query: Annotated[
        str | None, typer.Argument(help="SQL, the name of a query in sql/queries, or a .sql file; else standard input.")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print the answer.")] = OutputFormat.TABLE,
    data: Data = None,
) -> None:
    """Query news.duckdb: marts in schema main, every event in schema events. Works while the pipeline runs."""
    settings = load_settings(data=data)
    if query is None and sys.stdin.isatty():
        _list_queries()
        return
    text = sys.stdin.read() if query is None else _query_text(query)
    if not settings.news_file.is_file():
        raise LedgerMissing(
            f"{settings.news_file}: nothing published yet; `newsledger ingest` or `newsledger demo` makes it"
        )
    try:
        con = duckdb.connect(settings.news_file, read_only=True)
    except duckdb.Error as exc:
        raise NewsledgerError(f"{settings.news_file}: cannot be opened: {str(exc).partition(chr(10))[0]}") from exc
    with con:
        try:
            con.execute("set timezone = 'UTC'")
            answer = con.sql(text)
            if answer is not None:
                _print_answer(answer, output)
        except duckdb.Error as exc:
            raise NewsledgerError(f"the query fails: {str(exc).strip()}") from exc


def verify_ledger(
    data: Data = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Also read every captured page back from its WARC record.")
    ] = False,
    digest_expected: Annotated[
        str | None,
        typer.Option(
            "--digest", help="A digest noted earlier: proves that nothing up to it has changed.", show_default=False
        ),
    ] = None,
) -> None:
    """Prove that the ledger holds exactly what was recorded; exit status 1 if it does not."""
    from pipeline.steps.fixity import damages, page_records

    settings = load_settings(data=data)
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        result = verify(ledger)
        findings = [f"{finding.where}: {finding.what}" for finding in result.findings]
        if digest_expected and not ledger.select(DigestRow, "append_with_digest", digest=digest_expected):
            findings.append(f"ledger: no append ends with {digest_expected}: the ledger was cut off or rewritten")
        if archive:
            findings += damages(settings.archive_root, page_records(ledger))
    for finding in findings:
        console.say(finding)
    if findings:
        raise NewsledgerError(
            f"{settings.ledger_catalog}: {len(findings)} findings; the ledger is not what was recorded"
        )
    typer.echo(
        f"{settings.ledger_catalog}: {result.events} events in {result.appends} appends are as they were recorded"
    )
    typer.echo(f"digest {result.digest}")


class DigestRow(msgspec.Struct, frozen=True):
    append_no: int


def _query_text(query: str) -> str:
    named = QUERIES / f"{query}.sql"
    if query.replace("_", "").isalnum() and named.is_file():
        return named.read_text("utf-8")
    if query.isidentifier():
        known = ", ".join(path.stem for path in sorted(QUERIES.glob("*.sql")))
        raise NewsledgerError(f"there is no query {query!r}; known are: {known}")
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
                raise NewsledgerError("two columns have one name; name them apart (`as`) for JSON")
            while rows := answer.fetchmany(FETCHED_ROWS):
                for row in rows:
                    line = msgspec.json.encode(dict(zip(answer.columns, row, strict=True)), enc_hook=str)
                    sys.stdout.write(str(_for_terminal(line.decode())) + "\n")


def _csv_cell(value: object) -> object:
    """Lists and structs as JSON, truth as DuckDB writes it."""
    if isinstance(value, list | dict):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return str(value).lower() if isinstance(value, bool) else value


def _for_terminal(value: object) -> object:
    return console.printable(value) if isinstance(value, str) and sys.stdout.isatty() else value
