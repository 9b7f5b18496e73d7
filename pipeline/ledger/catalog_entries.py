"""The entries of the catalog, compared with what newsledger and DuckLake write there.

An entry decides how a file is read, for how long it belongs to a table, and whether maintenance deletes it. So somebody
who changes one can hide or destroy events, now or later, without changing any file.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import msgspec

from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger.log import Ledger
from pipeline.ledger.rows import table_schema
from pipeline.ledger.verify import VerifyFinding


class _Column(msgspec.Struct, frozen=True):
    table_name: str
    column_name: str
    data_type: str


class _Latest(msgspec.Struct, frozen=True):
    snapshot_id: int
    file_id: int


class DiscardedFile(msgspec.Struct, frozen=True):
    """A file in use that the catalog also has among those to be deleted."""

    name: str


class _Rows(msgspec.Struct, frozen=True):
    table_name: str
    rows: int
    rows_of_files: int


def wrong_entries(ledger: Ledger) -> Iterator[VerifyFinding]:
    """Findings about entries that no version has written. Other processes may append at the same time.

    Raises LedgerError, StorageError.
    """
    yield from _of_columns(ledger)
    yield from _of_times_to_come(ledger)
    for file in ledger.select(DiscardedFile, "discarded_files"):
        what = "is in use, and the catalog has it among the files to be deleted"
        yield VerifyFinding(f"file {file.name}", what)
    for table in ledger.select(_Rows, "table_entries", tables=[*map(event_type, EVENT_TYPES)]):
        if table.rows < table.rows_of_files:  # rows that were removed with a whole file are still counted
            what = f"its files have {table.rows_of_files} rows together; the catalog says {table.rows}"
            yield VerifyFinding(f"table {table.table_name}", what)


def _of_columns(ledger: Ledger) -> Iterator[VerifyFinding]:
    """Columns that have another type than that of their field: their values are converted when they are read."""
    there = {(each.table_name, each.column_name): each.data_type for each in ledger.select(_Column, "column_types")}
    with duckdb.connect() as con:
        for cls in EVENT_TYPES:
            empty = con.from_arrow(table_schema(cls).empty_table())
            for column, declared in zip(empty.columns, empty.types, strict=True):
                if (found := there.get((event_type(cls), column))) != str(declared):
                    what = f"column {column} has the type {found} in the catalog, not {declared}"
                    yield VerifyFinding(f"table {event_type(cls)}", what)


def _of_times_to_come(ledger: Ledger) -> Iterator[VerifyFinding]:
    """An entry of a later snapshot than the newest ends or begins to be true with one of the next appends; a file with
    a later number than the last is in the way of a new one."""
    (entry,) = ledger.select(_Latest, "latest_entries")
    (newest,) = ledger.select(_Latest, "newest_snapshot")  # read after the entries: those of an append have reached it
    if entry.snapshot_id > newest.snapshot_id:
        what = f"has entries of snapshot {entry.snapshot_id}; the newest is {newest.snapshot_id}"
        yield VerifyFinding("catalog", what)
    if entry.file_id > newest.file_id:
        yield VerifyFinding("catalog", f"has a file of number {entry.file_id}; the last number is {newest.file_id}")
