"""The Parquet files that hold a ledger's events: which they are, and what is wrong with one that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ledger.disk import first_line
from pipeline.ledger.event_folder import EventFolder
from pipeline.ledger.log import Ledger
from pipeline.ledger.sql import statement


class EventFile(msgspec.Struct, frozen=True):
    """A data file, and the file of rows deleted from it. newsledger itself never deletes a row."""

    table_name: str
    data_file: str
    data_file_size_bytes: int
    delete_file: str | None
    delete_file_size_bytes: int | None

    @property
    def sizes(self) -> Mapping[str, int]:
        """The size in bytes of each file, as the catalog has it."""
        sizes = ((self.data_file, self.data_file_size_bytes), (self.delete_file, self.delete_file_size_bytes))
        return {path: size for path, size in sizes if path is not None and size is not None}


def event_files(ledger: Ledger, types: Iterable[type[Event]] = EVENT_TYPES) -> list[EventFile]:
    """The files of these types' tables, from one snapshot, by table and path. Raises LedgerError."""
    return msgspec.convert(ledger.table(files_of_tables(map(event_type, types))).to_pylist(), list[EventFile])


def files_of_tables(tables: Iterable[str]) -> str:
    """A query for the fields of `EventFile`. One for each table would cost three times as much."""
    of_table = statement("event_files")
    files = " union all ".join(of_table.format(table=table) for table in tables)
    return f"from ({files}) order by table_name, data_file"


def damaged_files(ledger: Ledger, cls: type[Event]) -> Iterator[tuple[str, str]]:
    """The path of each of the type's files that is missing or cannot be read, with what is wrong. Raises StorageError
    if the place fails."""
    for file in event_files(ledger, [cls]):
        for path, size_bytes in file.sizes.items():
            if defect := _defect(ledger.catalog.files, path, size_bytes):
                yield path, defect


def _defect(files: EventFolder, path: str, size_bytes: int) -> str | None:
    """What is wrong with the file, of which one batch of rows at a time is in memory; None if it can be read."""
    try:
        with files.open(path) as file:
            if (actual := file.seek(0, os.SEEK_END)) != size_bytes:
                return f"has {actual} bytes, not {size_bytes} as when it was written"
            with pq.ParquetFile(file) as parquet:
                for _ in parquet.iter_batches():
                    pass
    except FileNotFoundError:
        return "is missing"
    except (OSError, pa.ArrowException) as exc:
        return f"cannot be read as Parquet: {first_line(exc)}"
    return None
