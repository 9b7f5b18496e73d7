"""maintain: merge the ledger's small files, and delete files that are no longer needed and what was erased.

It is safe while other runs append. The ledger's lock is held for one merged file at a time, and a file is deleted only
a day after it was replaced, when no reader can still need it. Snapshots are expired only to erase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipeline.archive.erasing import NamedPlaces
from pipeline.archive.storage import archive_storage
from pipeline.errors import LedgerError
from pipeline.events import EVENT_TYPES, ErasedRecord, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.catalog_entries import DiscardedFile
from pipeline.ledger.disk import RECOVERY
from pipeline.ledger.erased import ErasedArticle
from pipeline.ledger.event_files import event_files
from pipeline.settings import Settings
from pipeline.steps.redacted_records import overwrite_records
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress

LOCK_TIMEOUT_SECONDS = 600.0
"""Longer than for other runs, because runs that append take the lock again and again."""
GRACE = timedelta(days=1)
"""A replaced file is kept for this long. Readers and appends that still use it are done by then."""
FORGOTTEN = timedelta(days=30)
"""Files about hosts and slices of news files are deleted when they were not used for this long. They are caches."""


class LedgerFiles(msgspec.Struct, frozen=True):
    """The data files of the ledger's newest snapshot."""

    files: int
    bytes: int


class Merging(msgspec.Struct, frozen=True):
    """The data files before and after merging."""

    before: LedgerFiles
    after: LedgerFiles


class _TableFiles(LedgerFiles, frozen=True):
    table_name: str


class _Merged(msgspec.Struct, frozen=True):
    files_processed: int
    files_created: int


class _Deleted(msgspec.Struct, frozen=True):
    path: str


class _Set(msgspec.Struct, frozen=True):
    pass


def merge_files(ledger: Ledger, on_progress: OnProgress = ignore_progress) -> Merging:
    """Merge the small files of every event table, one merged file at a time: appends can take the lock in between.

    No more files of a table are merged than it had at the start. Otherwise this would never end beside runs that append
    faster than files are merged.
    """
    tables = ledger.select(_TableFiles, "ledger_files")
    before = _sum(tables)
    ledger.rearrange(_Set, "begin_statistics")  # earlier versions made ledgers without them
    ledger.rearrange(_Set, "limit_merged_files")
    merged = 0
    files = {table.table_name: table.files for table in tables}
    for table in map(event_type, EVENT_TYPES):
        left = files[table]
        while left > 1 and (slices := ledger.rearrange(_Merged, "merge_files", table=table)):
            processed = sum(each.files_processed for each in slices)
            left, merged = left - processed, merged + processed
            on_progress(Progress("merge", None, merged, before.files))
    return Merging(before, _sum(ledger.select(_TableFiles, "ledger_files")))


def _sum(tables: Iterable[LedgerFiles]) -> LedgerFiles:
    return LedgerFiles(sum(table.files for table in tables), sum(table.bytes for table in tables))


def delete_superseded(ledger: Ledger, now: datetime, grace: timedelta = GRACE) -> int:
    """Delete the files that were replaced before the time of grace, and orphans of killed appends; return how many.

    Raises LedgerError, and deletes nothing, if the catalog names a file in use to be deleted.
    """
    for file in ledger.select(DiscardedFile, "discarded_files"):
        what = f"has {file.name}, which is in use, among the files to be deleted; nothing was deleted"
        raise LedgerError(f"{ledger.catalog}: {what}; {RECOVERY}")
    deleted = ledger.rearrange(_Deleted, "delete_superseded_files", older_than=now - grace)
    orphans = ledger.rearrange(_Deleted, "delete_orphaned_files", older_than=now - grace)
    return len(deleted) + len(orphans)


def delete_erased(settings: Settings, ledger: Ledger, now: Callable[[], datetime], grace: timedelta = GRACE) -> int:
    """Delete what was erased from all files of ledger and archive; return the number of files deleted, of any kind.

    First the rows that an erasure has removed are left out of new files, and the snapshots that need the old ones are
    expired. The old files are deleted when the time of grace is over, so at a later maintenance, and with a grace of
    zero at once. A broken build file that was set aside is deleted at once. Raises StorageError.

    The clock is read again after each part: each table that is written again adds a snapshot with its old files, and
    with a grace of zero these must be in the past, too.
    """
    has_erased = bool(ledger.select(ErasedArticle, "erased_articles"))
    if has_erased:
        settings.build_file.with_name(f"{settings.build_file.name}.broken").unlink(missing_ok=True)
        overwrite_records(ledger, archive_storage(settings))
        for table in {file.table_name: None for file in event_files(ledger) if file.delete_file}:
            ledger.rearrange(_Set, "rewrite_files", table=table)
        ledger.rearrange(_Set, "expire_snapshots", older_than=now() - grace)
    deleted = delete_superseded(ledger, now(), grace)
    if has_erased:
        ledger.compact()
    return deleted


def unnamed_files(settings: Settings, ledger: Ledger) -> list[str]:
    """The files of the archive in which no event names a record and none was erased: processes that were killed, or
    that still run, have written them. Raises StorageError."""
    named = {file.name for file in ledger.select(NamedPlaces, "named_places")}
    named |= {erased.warc_file for erased in ledger.select(ErasedRecord, "erased_records")}
    return sorted(name for name, _ in archive_storage(settings).files() if name not in named)


def prune(settings: Settings, now: datetime) -> list[Path]:
    """Delete files about hosts and slices of news files that were not used for `FORGOTTEN`, and what verifications that
    were killed had not finished writing; return their paths."""
    before = (now - FORGOTTEN).timestamp()
    slices = (path for path in settings.cc_news_folder.glob("*/*") if path.suffix != ".lock")
    written = (settings.verification_file, settings.checkpoint_file)
    unfinished = (path for file in written for path in file.parent.glob(f"{file.name}.*"))
    pruned = [
        *_forgotten(settings.host_folder, before),
        *(path for path in slices if path.stat().st_mtime < before),
        *(path for path in unfinished if path.stat().st_mtime < (now - GRACE).timestamp()),
    ]
    for path in pruned:
        path.unlink(missing_ok=True)
    return pruned


def _forgotten(hosts: Path, before: float) -> Iterator[Path]:
    """The files of each host whose memory was last written before that time."""
    for memory in hosts.glob("*.json"):
        if memory.stat().st_mtime < before:
            yield memory
            yield from (slot for slot in hosts.glob("*.slot") if slot.stem.rpartition(".")[0] == memory.stem)
