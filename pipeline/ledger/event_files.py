"""The Parquet files that hold a ledger's events: which they are, and what is wrong with one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.events import Event, event_type
from pipeline.ledger.disk import first_line
from pipeline.ledger.log import Ledger


class EventFile(msgspec.Struct, frozen=True):
    """A data file, and the file of rows deleted from it. newsledger itself never deletes a row."""

    data_file: str
    delete_file: str | None

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.data_file,) if self.delete_file is None else (self.data_file, self.delete_file)


def event_files(ledger: Ledger, cls: type[Event]) -> list[EventFile]:
    """The files of a type's table. Raises LedgerError."""
    return ledger.select(EventFile, "event_files", table=event_type(cls))


def damaged_files(ledger: Ledger, cls: type[Event]) -> Iterator[tuple[str, str]]:
    """The path of each of the type's files that is missing or cannot be read, with what is wrong."""
    for file in event_files(ledger, cls):
        for path in file.paths:
            if defect := _defect(path):
                yield path, defect


def _defect(path: str) -> str | None:
    """What is wrong with the file, of which one batch of rows at a time is in memory; None if it can be read."""
    if not Path(path).is_file():
        return "is missing"
    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except (OSError, pa.ArrowException) as exc:
        return f"cannot be read as Parquet: {first_line(exc)}"
    return None
