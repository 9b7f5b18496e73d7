"""The queries in sql/queries: their names, what they answer, and the parameters that they take.

A parameter is a variable of DuckDB's, read by `getvariable('person')` with a default in the query. So the same file
works in any DuckDB client, after `set variable person = '…'` or without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb
import msgspec

from pipeline.errors import NewsledgerError
from pipeline.ledger.sql import literal
from pipeline.settings import PROJECT_ROOT

QUERIES = PROJECT_ROOT / "sql" / "queries"
_PARAMETER = re.compile(r"\bgetvariable\(\s*'(\w+)'\s*\)", re.IGNORECASE)


class NamedQuery(msgspec.Struct, frozen=True):
    """A query of sql/queries."""

    name: str
    answers: str
    """The question that it answers: its first line, which is a comment."""
    parameters: tuple[str, ...]
    text: str


def load_queries() -> dict[str, NamedQuery]:
    """All queries by name, in alphabetical order."""
    return {path.stem: _read(path) for path in sorted(QUERIES.glob("*.sql"))}


def _read(path: Path) -> NamedQuery:
    text = path.read_text("utf-8")
    return NamedQuery(path.stem, text.partition("\n")[0].removeprefix("--").strip(), parameters_of(text), text)


def parameters_of(text: str) -> tuple[str, ...]:
    """The names of the variables that the SQL reads, in their order, each once."""
    return tuple(dict.fromkeys(_PARAMETER.findall(text)))


def query_text(query: str) -> str:
    """The SQL for what a user typed: the name of a query, the path of a `.sql` file, or SQL.

    Raises NewsledgerError if no query has the name or the file cannot be read.
    """
    known = load_queries()
    if query in known:
        return known[query].text
    if query.isidentifier():
        nearest = ", ".join(get_close_matches(query, known, 3, cutoff=0))
        raise NewsledgerError(
            f"no query is named {query!r}; the nearest names are: {nearest}; `newsledger sql </dev/null` lists all"
        )
    if query.endswith(".sql"):
        try:
            return Path(query).read_text("utf-8")
        except OSError as exc:
            raise NewsledgerError(f"{query}: cannot be read: {exc.strerror}") from exc
    return query


def set_parameters(con: duckdb.DuckDBPyConnection, text: str, given: Sequence[str]) -> None:
    """Set the variables given as `name=value`. Raises NewsledgerError if the SQL does not read one of that name."""
    known = parameters_of(text)
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise NewsledgerError(f"--set {each}: must be NAME=VALUE")
        if name not in known:
            takes = f"its parameters: {', '.join(known)}" if known else "it has no parameters"
            raise NewsledgerError(f"--set {each}: the query does not read {name!r}; {takes}")
        con.execute(f"set variable {name} = {literal(value)}")
