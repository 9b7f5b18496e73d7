"""Copy the events from the ledger into schema `events` of the build file.

An event never changes, so the highest position in a table says which events it has. Only later ones are read, up to the
position that the build was given: other processes may be appending to the ledger, and all tables must show the same
state of it. One transaction covers all tables.

The columns of the tables follow from the event types alone. If a type's columns have changed since the last build, the
build file was removed before (see `last_build`), so a table that exists has the right columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from pipeline.errors import ModelsError
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.disk import disk_errors, first_line
from pipeline.ledger.rows import table_schema
from pipeline.models.sql import statement

BYTES_AT_ONCE = 200_000_000
"""Bytes of events that one statement inserts. DuckDB keeps about a third of them until the statement ends: of all
mentions of a million articles, 1.6 GB."""


class _Stream:
    """Batches that DuckDB takes one by one. From a reader itself, Arrow would read up to a gigabyte ahead."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._reader = reader

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]


class _FilledTable(msgspec.Struct, frozen=True):
    table_name: str


def copy_events(ledger: Ledger, con: duckdb.DuckDBPyConnection, path: Path, head_position: int) -> None:
    """Bring all tables of schema `events` up to this position, in the caller's transaction.

    Raises ModelsError naming the table if its events cannot be read or written, StorageError if the disk is full.
    """
    for cls in _filled(ledger, con):
        _copy(ledger, con, path, cls, head_position)


def copy_all_events(ledger: Ledger, con: duckdb.DuckDBPyConnection, path: Path, head_position: int) -> None:
    """Like `copy_events`, for an empty file. Each table is committed: one transaction would need memory for all."""
    for cls in _filled(ledger, con):
        _copy(ledger, con, path, cls, head_position)
        con.commit()
        con.begin()


def _filled(ledger: Ledger, con: duckdb.DuckDBPyConnection) -> list[type[Event]]:
    """The event types that the ledger has events of. All types have a table afterwards."""
    _create_missing_tables(con)
    # DuckLake takes 40 ms for a query of an empty table, 6 ms for one of a table with rows
    filled = {found.table_name for found in ledger.select(_FilledTable, "filled_tables")}
    return [cls for cls in EVENT_TYPES if event_type(cls) in filled]


def _create_missing_tables(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists events")
    present = {name for name, *_ in con.execute(statement("event_columns")).fetchall()}
    for cls in EVENT_TYPES:
        if event_type(cls) not in present:
            con.from_arrow(table_schema(cls).empty_table()).create(f"events.{event_type(cls)}")


def _copy(ledger: Ledger, con: duckdb.DuckDBPyConnection, path: Path, cls: type[Event], head_position: int) -> None:
    """Insert the events that the type's table does not have yet."""
    table = event_type(cls)
    try:
        with disk_errors(path):
            ((last,),) = con.table(f"events.{table}").aggregate("coalesce(max(position), 0)").fetchall()
            for part in in_parts(ledger.read(cls, last + 1, head_position), BYTES_AT_ONCE):
                con.register("recorded", _Stream(part))
                con.execute(statement("insert_recorded").format(table=table))
                con.unregister("recorded")
    except duckdb.Error as exc:
        raise ModelsError(f"events.{table} cannot be copied: {first_line(exc)}") from exc


def in_parts(reader: pa.RecordBatchReader, size: int) -> Iterator[pa.RecordBatchReader]:
    """The reader's batches, at least `size` bytes in a reader. Each must be read before the next one."""
    for first in reader:
        part = chain([first], _next(reader, size - first.nbytes))
        yield pa.RecordBatchReader.from_batches(reader.schema, part)


def _next(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    while size > 0 and (batch := next(batches, None)) is not None:
        size -= batch.nbytes
        yield batch
