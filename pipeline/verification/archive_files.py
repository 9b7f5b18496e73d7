"""Compare the archive's files with the events that name their records."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import msgspec

from pipeline.archive.named_records import CheckedFile, NamedRecord, check_file
from pipeline.archive.storage import Storage
from pipeline.events import ErasedRecord
from pipeline.ledger import Ledger

FRESH = timedelta(days=8)
"""Files archived within this time (a week and a day) are read by every weekly run."""
WEEKS_TO_READ_ALL = 13
"""Each older WARC file is read by one weekly run in this many weeks."""
RECORDS_AT_ONCE = 20_000
"""Events whose records are checked together, so that memory does not grow with the archive. A file with more than
that is still checked as a whole; one of 1 GB holds about as many."""


class NamedFile(msgspec.Struct, frozen=True):
    """A file of the archive, with the number of records in it that events name, also as erased."""

    name: str
    records: int


class ArchivePart(StrEnum):
    """The part of the archive that is compared."""

    NONE = "none"
    DUE = "due"
    ALL = "all"


def files_of(part: ArchivePart, ledger: Ledger, now: datetime) -> list[NamedFile]:
    """The files of this part, oldest first."""
    if part is ArchivePart.NONE:
        return []
    files = ledger.select(NamedFile, "named_files")
    return files if part is ArchivePart.ALL else [file for file in files if is_due(file.name, now)]


def is_due(name: str, now: datetime) -> bool:
    """True if a weekly run at this time reads the file: if it is fresh, or once in `WEEKS_TO_READ_ALL` weeks."""
    week = int(now.timestamp()) // timedelta(days=7).total_seconds()
    is_fresh = name >= f"{now - FRESH:%Y/%m/%d}"
    return is_fresh or zlib.crc32(name.encode()) % WEEKS_TO_READ_ALL == week % WEEKS_TO_READ_ALL


def check_files(ledger: Ledger, storage: Storage, files: Sequence[NamedFile], threads: int) -> Iterator[CheckedFile]:
    """Read each file once, from its beginning to its end, several at a time; results are in the order of `files`.

    Reading, inflating and hashing release Python's lock, so threads use all cores.
    """
    with ThreadPoolExecutor(threads) as pool:
        for batch in _batches(files):
            names = [file.name for file in batch]
            named, erased = defaultdict[str, list[NamedRecord]](list), defaultdict[str, list[ErasedRecord]](list)
            for record in ledger.select(NamedRecord, "named_records", names=names, first=names[0], last=names[-1]):
                named[record.warc_file].append(record)
            for note in ledger.select(ErasedRecord, "erased_records"):
                erased[note.warc_file].append(note)
            records, notes = [named[name] for name in names], [erased[name] for name in names]
            yield from pool.map(partial(check_file, storage), names, records, notes)


def _batches(files: Sequence[NamedFile]) -> Iterator[list[NamedFile]]:
    batch: list[NamedFile] = []
    records = 0
    for file in files:
        if batch and records + file.records > RECORDS_AT_ONCE:
            yield batch
            batch, records = [], 0
        batch.append(file)
        records += file.records
    if batch:
        yield batch
