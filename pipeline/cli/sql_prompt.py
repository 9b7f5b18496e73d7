"""The prompt of `newsledger sql`: statements over several lines, completion, history, and answers a page at a time."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

import click
import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from pipeline.cli import console
from pipeline.cli.answers import OutputFormat, drawn, show
from pipeline.cli.named_queries import load_queries
from pipeline.errors import NewsledgerError

MAX_ROWS_PAGED = 10_000
"""Rows of a table that is shown a page at a time."""
LEAVE = frozenset({"exit", "quit", ".exit", ".quit", r"\q"})
LIST = "queries"
"""The word that lists the named queries."""
LOOKED_AGAIN_SECONDS = 0.1
_LAST_WORD = re.compile(r"(?:(?P<owner>[\w.]+)\.)?(?P<word>\w*)$")
_NAMED_TABLE = re.compile(r"\b(?:from|join)\s+(?P<table>[a-z_][\w.]*)(?:\s+(?:as\s+)?(?P<alias>[a-z_]\w*))?", re.I)

RunSql = Callable[[str, Callable[[duckdb.DuckDBPyRelation], None]], None]
"""Runs SQL and passes on the answers of its statements, one after another."""


def converse(con: duckdb.DuckDBPyConnection, run: RunSql, output: OutputFormat, history: Path) -> None:
    """Read statements and print their answers until ctrl-D. Ctrl-C cancels a statement or clears the line."""
    session: PromptSession[str] = PromptSession(
        "news> ",
        completer=SqlCompleter(con),
        complete_while_typing=False,
        history=_history(history),
        auto_suggest=AutoSuggestFromHistory(),
        lexer=PygmentsLexer(SqlLexer),
        multiline=Condition(lambda: not is_complete(get_app().current_buffer.text)),
        prompt_continuation="  ...> ",
    )
    console.out.print(
        f"End a statement with a semicolon. `{LIST}` lists the named queries; a name alone runs its query.\n"
        "Tab completes, ctrl-C cancels, ctrl-D ends."
    )
    while True:
        try:
            text = session.prompt().strip()
            if text.rstrip("; ") in LEAVE:
                return
            _respond(con, text, run, output)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def is_complete(text: str) -> bool:
    """True if Enter runs the text: it ends with a semicolon, is a single word, or is empty."""
    stripped = text.strip()
    if not stripped or stripped in LEAVE or stripped == LIST or stripped in load_queries():
        return True
    if not stripped.endswith(";"):
        return False
    try:
        duckdb.extract_statements(stripped)
    except duckdb.ParserException as exc:
        return "unterminated" not in str(exc)  # the semicolon is within quotation marks or a comment
    return True


def _respond(con: duckdb.DuckDBPyConnection, text: str, run: RunSql, output: OutputFormat) -> None:
    """Run what was typed and print the answers, or the error.

    DuckDB is cancelled from another thread: after a signal in its own thread, its next query may never end. Ctrl-C only
    sets a flag, so that it is noticed at whichever line it arrives.
    """
    named = text.rstrip("; ")
    if named == LIST:
        show_queries()
        return
    query = load_queries().get(named)
    use = _show_paged if output is OutputFormat.TABLE else partial(show, output=output)
    with ThreadPoolExecutor(1) as worker, _interrupt_noted() as interrupted:
        answered = worker.submit(run, query.text if query is not None else text, use)
        while wait([answered], LOOKED_AGAIN_SECONDS).not_done:
            if interrupted.is_set():
                con.interrupt()  # does nothing before the query has begun
        try:
            answered.result()
        except (NewsledgerError, duckdb.Error) as exc:
            console.say("cancelled" if interrupted.is_set() else str(exc))


@contextmanager
def _interrupt_noted() -> Iterator[Event]:
    """An event that ctrl-C sets, instead of raising KeyboardInterrupt."""
    interrupted = Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _show_paged(answer: duckdb.DuckDBPyRelation) -> None:
    columns, lines = shutil.get_terminal_size()
    table = drawn(answer, columns, MAX_ROWS_PAGED)
    if table.count("\n") < lines:
        sys.stdout.write(table)
    else:
        click.echo_via_pager(table)


def show_queries() -> None:
    """Print the named queries with what they answer and their parameters."""
    rows = [(each.name, each.answers, ", ".join(each.parameters)) for each in load_queries().values()]
    console.table("newsledger sql NAME", ("name", "answers", "parameters"), rows)


def _history(file: Path) -> History:
    """Kept in the file, if it can be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as exc:
        console.say(f"{file}: the history is not kept: {exc.strerror}")
        return InMemoryHistory()
    return FileHistory(file)


class SqlCompleter(Completer):
    """Completes the columns of a table after `table.`, the tables of a schema after `schema.`, and any word else."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        described = con.execute(
            "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns()"
            " where not internal group by all order by all"
        ).fetchall()
        self._columns: dict[str, list[str]] = {name: columns for _, name, columns in described}
        self._schemas: dict[str, list[str]] = {}
        for schema, name, _ in described:
            self._schemas.setdefault(schema, []).append(name)
        macros = con.execute("select distinct function_name from duckdb_functions() where not internal").fetchall()
        keywords = [word for (word,) in con.execute("select keyword_name from duckdb_keywords()").fetchall()]
        functions = con.execute(
            "select distinct function_name from duckdb_functions() where internal and function_name ~ '^[a-z]\\w+$'"
        ).fetchall()
        self._words = {
            **{name: "function" for (name,) in functions},
            **dict.fromkeys(keywords, "keyword"),
            **{name: "macro" for (name,) in macros},
            **{column: "column" for columns in self._columns.values() for column in columns},
            **{table: "table" for tables in self._schemas.values() for table in tables},
            **dict.fromkeys(self._schemas, "schema"),
        }

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        match = _LAST_WORD.search(document.text_before_cursor)
        owner, word = (match["owner"], match["word"].lower()) if match else (None, "")
        if owner is not None:
            found = [(name, "") for name in self._members(owner.lower(), document.text)]
        else:
            is_first = match is not None and not document.text_before_cursor[: match.start()].strip()
            found = [(name, "query") for name in load_queries()] if is_first else []
            found += sorted(self._words.items(), key=lambda each: (_ORDER.index(each[1]), each[0]))
        for name, kind in found:
            if name.startswith(word):
                yield Completion(name, start_position=-len(word), display_meta=kind)

    def _members(self, owner: str, text: str) -> Sequence[str]:
        """The names that can follow `owner.`: the tables of a schema, or the columns of a table or alias."""
        if owner in self._schemas:
            return self._schemas[owner]
        aliases = {
            each["alias"].lower(): each["table"].lower() for each in _NAMED_TABLE.finditer(text) if each["alias"]
        }
        return self._columns.get(aliases.get(owner, owner).rpartition(".")[2], ())


_ORDER = ("table", "column", "macro", "schema", "keyword", "function")
