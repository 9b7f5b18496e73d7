"""Where the ledger lies: a DuckLake of Parquet files behind a SQLite catalog, opened without any download."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_sqlite_scanner
import structlog
from duckdb import DuckDBPyConnection

from pipeline.errors import LedgerError, LedgerTooNew
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger.rows import table_schema

log = structlog.get_logger()

FORMAT_VERSION = 1
"""Of the tables' meaning. A ledger with a higher number was made by a newer newsledger and is left alone."""

BOOKKEEPING = ("ledger_format", "log_head", "appends")


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql` in this package."""
    return resources.files("pipeline.ledger").joinpath("sql", f"{name}.sql").read_text("utf-8")


def extension_path(module: ModuleType) -> Path:
    """The extension's binary in its Python package, which is pinned to DuckDB's version."""
    assert module.__file__
    wanted = f"v{duckdb.__version__}"
    path = next((Path(module.__file__).parent / "extensions" / wanted).glob("*.duckdb_extension"), None)
    if path is None:
        raise LedgerError(f"{module.__name__} does not fit DuckDB {duckdb.__version__}; install requirements.lock")
    return path


EXTENSIONS = (duckdb_extension_ducklake, duckdb_extension_sqlite_scanner)


_NO_DOWNLOADS: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_THREADS = 1
"""The ledger is asked many small questions, and handing one to other threads costs more than it saves: see
tests/benchmarks/queries.py. Runs side by side use the other cores."""


@cache
def _check_signatures() -> None:
    """That the extensions are DuckDB's own, once in a process: at every `load` it would take a quarter of a second."""
    with duckdb.connect(config=_NO_DOWNLOADS) as con:
        _load_extensions(con)


def _load_extensions(con: DuckDBPyConnection) -> None:
    for module in EXTENSIONS:
        con.execute(f"load {_literal(extension_path(module))}")


def connect(catalog: Path) -> DuckDBPyConnection:
    """A DuckDB session with the DuckLake attached as `ledger`. The catalog's folder must exist."""
    con = duckdb.connect(config=_NO_DOWNLOADS | {"allow_unsigned_extensions": "true", "threads": _THREADS})
    try:
        _check_signatures()
        _load_extensions(con)
        data = catalog.with_suffix("")
        con.execute(
            statement("attach").format(catalog=_literal(f"ducklake:sqlite:{catalog}"), data=_literal(f"{data}/"))
        )
    except duckdb.Error as exc:
        con.close()
        raise LedgerError(f"{catalog}: cannot be opened as a ledger: {first_line(exc)}") from exc
    return con


def is_complete(con: DuckDBPyConnection, catalog: Path) -> bool:
    """Are all tables there, with all columns? Raises LedgerTooNew for a ledger of a newer newsledger."""
    columns = _columns(con)
    newer = _newer_than_this(con, columns)
    if newer:
        raise LedgerTooNew(f"{catalog}: made by a newer newsledger ({newer}); upgrade newsledger")
    return all(name in columns for name in BOOKKEEPING) and all(
        set(table_schema(cls).names) <= columns.get(event_type(cls), frozenset()) for cls in EVENT_TYPES
    )


def _newer_than_this(con: DuckDBPyConnection, columns: Mapping[str, frozenset[str]]) -> str | None:
    """What the ledger has that this version does not know."""
    if "ledger_format" in columns:
        row = con.execute("select max(version) from ledger.ledger_format").fetchone()
        if row and row[0] is not None and row[0] > FORMAT_VERSION:
            return f"format {row[0]}, this one knows {FORMAT_VERSION}"
    for cls in EVENT_TYPES:
        unknown = columns.get(event_type(cls), frozenset()) - set(table_schema(cls).names)
        if unknown:
            return f"column {event_type(cls)}.{min(unknown)}"
    return None


def complete(con: DuckDBPyConnection, catalog: Path) -> None:
    """Make what is missing. Call it under the lock.

    Raises LedgerError for an empty catalog beside recorded events: no new history may begin on top of them.
    """
    if is_complete(con, catalog):
        return
    events = catalog.with_suffix("") / "main"
    recorded = any(next((events / event_type(cls)).glob("*.parquet"), None) for cls in EVENT_TYPES)
    if recorded and not _columns(con):
        raise LedgerError(f"{catalog}: is empty although {events} holds events; restore the catalog from a backup")
    create(con)


def create(con: DuckDBPyConnection) -> None:
    """Make what is missing: tables, and columns that newer event types have. Call it under the lock."""
    con.begin()
    columns = _columns(con)
    if not columns:
        con.execute(statement("create_bookkeeping"))
        con.execute("insert into ledger.ledger_format values (?)", [FORMAT_VERSION])
    for cls in EVENT_TYPES:
        name = event_type(cls)
        empty = con.from_arrow(table_schema(cls).empty_table())
        if name not in columns:
            empty.create(f"ledger.{name}")
            continue
        for column, kind in zip(empty.columns, empty.types, strict=True):
            if column not in columns[name]:
                log.info("ledger_column_added", table=name, column=column)
                con.execute(f'alter table ledger.{name} add column "{column}" {kind}')
    con.commit()
    if not columns:
        con.execute(statement("keep_bookkeeping_in_catalog"))  # DuckLake takes options of committed tables only


def _columns(con: DuckDBPyConnection) -> dict[str, frozenset[str]]:
    rows = con.execute(statement("columns")).fetchall()
    return {table: frozenset(names) for table, names in rows}


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def first_line(exc: BaseException) -> str:
    return str(exc).strip().partition("\n")[0]
