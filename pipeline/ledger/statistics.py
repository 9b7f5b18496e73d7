"""The statistics of the catalog, compared with those that the files themselves have.

DuckLake skips a file, or a whole table, if the catalog says that no value in it can fit a condition, and counts the
rows of a file by the catalog. So somebody who changes these statistics hides events from queries, and from the search
for known ids, without changing any event. Each Parquet file ends with the statistics of its columns, which were
computed when it was written.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger.event_files import EventFile
from pipeline.ledger.event_folder import EventFolder
from pipeline.ledger.log import Ledger
from pipeline.ledger.verify import VerifyFinding

_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "boolean": lambda text: text in ("1", "true"),
        "date": date.fromisoformat,
        "float64": float,
        "int64": int,
        "timestamptz": datetime.fromisoformat,
        "uuid": lambda text: UUID(text).bytes,
        "varchar": str,
    }
)
"""How a value in the catalog is read, by DuckLake's name of its type, to be compared with pyarrow's value."""


class _OfColumn(msgspec.Struct, frozen=True):
    table_name: str
    column_id: int
    column_type: str
    min_value: str | None
    max_value: str | None

    @property
    def is_bounded(self) -> bool:
        return self.min_value is not None and self.max_value is not None

    def excludes(self, least: Any, most: Any) -> bool:
        """True if values from `least` to `most` are not all between the two bounds."""
        try:
            read = _READ[self.column_type]
            return (self.min_value is not None and read(self.min_value) > least) or (
                self.max_value is not None and read(self.max_value) < most
            )
        except (KeyError, ValueError, TypeError):  # no type of ours, no value of the type, or a time without a zone
            return True


class _InFile(_OfColumn, frozen=True):
    data_file: str
    value_count: int | None
    null_count: int | None


class _InTable(_OfColumn, frozen=True):
    contains_null: bool | None


class _Entry(msgspec.Struct, frozen=True):
    """The size of a file."""

    rows: int | None
    bytes: int | None
    footer_bytes: int | None

    def __str__(self) -> str:
        rows, size, footer = ("?" if each is None else each for each in (self.rows, self.bytes, self.footer_bytes))
        return f"{rows} rows, {size} bytes and a footer of {footer}"


class _NamedEntry(_Entry, frozen=True):
    name: str = ""


class _Actual(msgspec.Struct):
    """A column of a file, as the file says."""

    values: int = 0
    nulls: int = 0
    bounds: tuple[Any, ...] = ()
    """The least and the greatest value of each row group that has any."""


def wrong_statistics(ledger: Ledger, files: Iterable[EventFile], unchanged: Set[str]) -> Iterator[VerifyFinding]:
    """Findings about each of these files, and each table, whose statistics in the catalog are not true. Files with the
    names in `unchanged` are not opened. Raises LedgerError, StorageError."""
    tables = [*map(event_type, EVENT_TYPES)]
    rows = ledger.select(_InFile, "file_statistics", tables=tables)
    of_file = {name: list(of_file) for name, of_file in groupby(rows, key=attrgetter("data_file"))}
    paths = {path.rpartition("/")[2]: path for file in files for path in file.sizes}
    for entry in ledger.select(_NamedEntry, "file_entries", tables=tables):
        if entry.name in paths and entry.name not in unchanged:
            yield from _compared(ledger.catalog.files, paths[entry.name], entry, of_file.get(entry.name, ()))
    of_column = defaultdict[tuple[str, int], list[_InFile]](list)
    for row in rows:
        of_column[row.table_name, row.column_id].append(row)
    for whole in ledger.select(_InTable, "table_statistics", tables=tables):
        if any(_hides(whole, row) for row in of_column[whole.table_name, whole.column_id]):
            what = f"the catalog's statistics of column {whole.column_id} leave out values"
            yield VerifyFinding(f"table {whole.table_name}", what)


def _hides(whole: _InTable, row: _InFile) -> bool:
    """True if the statistics of the table contradict those of one of its files."""
    if whole.contains_null is False and row.null_count:
        return True
    if row.min_value is None or row.max_value is None:
        return False
    try:
        read = _READ[row.column_type]
        return whole.excludes(read(row.min_value), read(row.max_value))
    except (KeyError, ValueError):
        return True


def _compared(files: EventFolder, path: str, entry: _Entry, rows: Sequence[_InFile]) -> Iterator[VerifyFinding]:
    """Findings if size or statistics of the file are not those in the catalog. One that cannot be read is found when
    its events are read."""
    try:
        size, actual = _of_file(files, path)
    except (OSError, pa.ArrowException):
        return
    if (said_size := _Entry(entry.rows, entry.bytes, entry.footer_bytes)) != size:
        yield VerifyFinding(f"file {path}", f"has {size}; the catalog says {said_size}")
    for row in rows:
        said = actual.get(row.column_id)  # DuckDB writes statistics of every column into every file
        counts, bounds = ((None, None), ()) if said is None else ((said.values, said.nulls), said.bounds)
        is_wrong = (row.value_count, row.null_count) != counts or row.is_bounded != bool(bounds)
        if is_wrong or (bounds and row.excludes(min(bounds), max(bounds))):
            what = f"the catalog's statistics of column {row.column_id} are not those of the file"
            yield VerifyFinding(f"file {path}", what)
            return


def _of_file(files: EventFolder, path: str) -> tuple[_Entry, dict[int, _Actual]]:
    """The size of a file, and its columns by DuckLake's number. Raises OSError, ArrowException."""
    with files.open(path) as content, pq.ParquetFile(content) as file:
        size = _Entry(file.metadata.num_rows, content.seek(0, os.SEEK_END), file.metadata.serialized_size)
        numbers = {field.name: int((field.metadata or {}).get(b"PARQUET:field_id", -1)) for field in file.schema_arrow}
        columns = dict[int, _Actual]()
        for group in map(file.metadata.row_group, range(file.metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                statistics, number = chunk.statistics, numbers.get(chunk.path_in_schema)
                nulls = None if statistics is None else statistics.null_count
                if number is None or statistics is None or nulls is None:
                    continue
                column = columns.setdefault(number, _Actual())
                column.values += statistics.num_values
                column.nulls += nulls
                if statistics.has_min_max:
                    column.bounds += (statistics.min, statistics.max)
        return size, columns
