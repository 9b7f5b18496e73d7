"""`news.duckdb`, opened so that nothing can be written and nothing else can be read."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from threading import Timer, local
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import duckdb
import msgspec

from pipeline.errors import LedgerMissing, NewsledgerError, cannot_be_opened

Bound = str | int | date | datetime | UUID | tuple[str, ...] | None
"""A value that a query may be given."""
MAX_SECONDS = 20.0
"""A query is interrupted after this time. The slowest one takes a hundredth of it at 100,000 articles."""
MEMORY = "1GB"
"""DuckDB's limit for all views of a server together."""
_PARAMETER = re.compile(r"\$(\w+)")


class ViewTooLarge(NewsledgerError):
    """A query needs more than `MEMORY`."""


class Figure(msgspec.Struct, frozen=True):
    """The answer to one query, with the query."""

    rows: tuple[Any, ...]
    """Named tuples, with a field for each column."""
    sql: str
    """The query with its values filled in: it can be copied into any DuckDB client."""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def about(self) -> str:
        """What the query answers: its first line, which is a comment."""
        return self.sql.partition("\n")[0].removeprefix("--").strip()

    @property
    def first(self) -> Any:
        return self.rows[0]


def require_published(path: Path) -> None:
    """Raises LedgerMissing without the file."""
    if not path.is_file():
        raise LedgerMissing(f"{path}: does not exist yet; `newsledger ingest` or `newsledger demo` creates it")


class PublishedFile:
    """An open `news.duckdb`. Keeps reading the same file if a new one is published meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises LedgerMissing without the file, NewsledgerError if it cannot be opened."""
        require_published(path)
        self._path = path
        self.version = version_of(path)
        # attached to a database in memory, because DuckDB would give back an instance that has the same path open
        self._con = duckdb.connect(config={"threads": 2, "memory_limit": MEMORY, "temp_directory": ""})
        quoted = str(path).replace("'", "''")
        try:
            self._con.execute(f"attach '{quoted}' as news (read_only)")  # no value can be bound here
        except duckdb.Error as exc:
            raise cannot_be_opened(path, exc) from exc
        self._cursors = local()
        for setting in ("timezone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
            self._con.execute(f"set global {setting}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    @property
    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """The calling thread's own."""
        if not hasattr(self._cursors, "own"):
            self._cursors.own = self._con.cursor()
            self._cursors.own.execute("use news")
        own: duckdb.DuckDBPyConnection = self._cursors.own
        return own

    @cached_property
    def build(self) -> Any:
        """When the file was built, and up to which event."""
        return self.answer("publication", {}, "pipeline.monitor").first

    @cached_property
    def sources(self) -> Figure:
        return self.answer("sources", {})

    @cached_property
    def article_languages(self) -> Figure:
        return self.answer("article_languages", {})

    def answer(self, query: str, values: Mapping[str, Bound], package: str = "pipeline.pages") -> Figure:
        """The rows of `sql/<query>.sql` of the package. Values that it does not name are ignored."""
        return self.run(statement(package, query), values)

    def run(self, sql: str, values: Mapping[str, Bound]) -> Figure:
        """The rows of the query, which is interrupted after `MAX_SECONDS`.

        Raises ViewTooLarge, and NewsledgerError if the file is without a column that the query reads: another version
        published it.
        """
        bound = {name: values[name] for name in _PARAMETER.findall(sql)}
        cursor = self._cursor
        timer = Timer(MAX_SECONDS, cursor.interrupt)
        timer.start()
        try:
            found = cursor.execute(sql, bound)
            row = _row_type(*(name for name, *_ in found.description))
            rows = tuple(map(row._make, found.fetchall()))
        except (duckdb.CatalogException, duckdb.BinderException) as exc:
            advice = "`newsledger models --anew` and `newsledger publish` write it again"
            raise NewsledgerError(f"{self._path}: another version published it; {advice}: {exc}") from exc
        except duckdb.OutOfMemoryException as exc:
            raise ViewTooLarge(f"a view needs more than {MEMORY} of memory; choose fewer days or a source") from exc
        finally:
            timer.cancel()
        return Figure(rows, runnable(sql, bound))


@cache
def _row_type(*columns: str) -> Any:
    return namedtuple("Row", columns)


def version_of(path: Path) -> tuple[int, int]:
    """Differs for each publication."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns


@cache
def statement(package: str, name: str) -> str:
    return resources.files(package).joinpath("sql", f"{name}.sql").read_text("utf-8")


def runnable(sql: str, values: Mapping[str, Bound]) -> str:
    """The query with literals instead of parameters. It is only shown; what runs has its values bound."""
    return _PARAMETER.sub(lambda found: _literal(values[found[1]]), sql)


def _literal(value: Bound) -> str:
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    text = "'" + str(value).replace("'", "''") + "'"
    match value:
        case datetime():
            return f"timestamptz {text}"
        case date():
            return f"date {text}"
        case UUID():
            return f"cast({text} as uuid)"
    return text
