"""A ledger whose tables are in memory, for what the steps record.

It is a `Ledger` with the same tables and statements. It has nothing of what DuckLake adds: files, transactions of
several processes, merging. A query costs a thirtieth of one in DuckLake, which looks into its catalog for each table.
Tests of DuckLake itself, of commands and of each step's main path are marked `ducklake`; with `pytest --stores local`
all have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import NoReturn

import duckdb
from duckdb import DuckDBPyConnection

from pipeline.errors import LedgerLocked
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.event_folder import EventFolder
from pipeline.ledger.log import INDEXED_FROM, utc_now
from pipeline.ledger.rows import table_schema
from pipeline.ledger.sql import statement
from pipeline.ledger.tables import FORMAT_VERSION

FILLED_TABLES = """
    create macro ducklake_table_info(lake) as table
        select table_name, estimated_size as file_count
        from duckdb_tables()
        where database_name = lake
"""
"""Stands for DuckLake's own function, as far as the ledger's statements use it."""


class MemoryCatalog:
    """One ledger in memory, for all sessions of this process. Messages name the file that DuckLake would have."""

    extensions: tuple[ModuleType, ...] = ()
    of_one_host = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self.id_index = path.with_suffix(".ids")
        self._lock = Lock()
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute("attach ':memory:' as ledger")
        _option_of_ducklake, tables = statement("create_bookkeeping").split(";", 1)
        self._database.execute(tables)
        self._database.execute("insert into ledger.ledger_format values (?)", [FORMAT_VERSION])
        self._database.execute(_event_tables())
        self._database.execute(FILLED_TABLES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("A ledger in memory: mark a test that opens it at its place `ducklake`.\n")

    def __str__(self) -> str:
        return str(self._path)

    def session(self) -> Ledger:
        """A connection of its own, as another process would have."""
        con = self._database.cursor()
        con.execute("set timezone = 'UTC'")
        return Ledger(self, con, lock_timeout_seconds=60, now=utc_now, indexed_from=INDEXED_FROM)

    def exists(self) -> bool:
        return True

    def prepare(self) -> None:
        """Nothing is missing."""

    def attach(self, con: DuckDBPyConnection) -> NoReturn:
        raise NotImplementedError("use `session`")

    @property
    def files(self) -> EventFolder:
        raise NotImplementedError("a ledger in memory has no files: mark this test `ducklake`")

    def require_writable(self) -> None:
        """Memory is always writable."""

    @contextmanager
    def exclusive(self, timeout_seconds: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=timeout_seconds):
            raise LedgerLocked(f"{self}: another thread has held the ledger's lock for {timeout_seconds:g} s")
        try:
            yield
        finally:
            self._lock.release()

    def require_exclusive(self) -> None:
        """A thread does not lose its lock."""

    def compact(self) -> None:
        """Memory has no catalog file."""

    def is_contention(self, exc: Exception) -> bool:
        """Never: only writers could conflict, and they hold the lock."""
        return False

    def storage_errors(self) -> AbstractContextManager[None]:
        return nullcontext()


@cache
def _event_tables() -> str:
    """The statements that make the tables of all event types."""
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as ledger")
        for cls in EVENT_TYPES:
            con.from_arrow(table_schema(cls).empty_table()).create(f"ledger.{event_type(cls)}")
        rows = con.execute("select sql from duckdb_tables()").fetchall()
        return "".join(sql.replace("CREATE TABLE ", "create table ledger.", 1) for (sql,) in rows)
