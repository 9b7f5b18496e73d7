"""maintain: keep the ledger's files few, and prove that ledger and archive hold what was recorded.

All of it is safe beside runs that append. The ledger's lock is held for one merged file at a time, no snapshot is
expired, and a file is deleted a day after nothing that begins needs it any more.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipeline.archive.storage import Storage
from pipeline.errors import NewsledgerError
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger, verify
from pipeline.settings import Settings
from pipeline.steps.fixity import PageRecord, damages, page_records
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress

LOCK_TIMEOUT_SECONDS = 600.0
"""Runs that append have the lock again and again: maintenance waits longer for its turn than they do."""
GRACE = timedelta(days=1)
"""Whoever reads the ledger, or is about to append, is done after that time."""
FRESH = timedelta(days=8)
"""What was archived since the last weekly run, and a day more, is read back by every run, …"""
WEEKS_TO_READ_ALL = 13
"""… and each older file by one run in so many weeks."""
FORGOTTEN = timedelta(days=30)
"""What is known of a host that has not been asked for so long says nothing any more; of a news file, a backfill that
reads it again streams it again."""


class LedgerFiles(msgspec.Struct, frozen=True):
    """The data files of the ledger's newest snapshot."""

    files: int
    bytes: int


class Merging(msgspec.Struct, frozen=True):
    before: LedgerFiles
    after: LedgerFiles


class Proof(msgspec.Struct, frozen=True):
    """What was compared with what was recorded, and each thing that is not as it was."""

    appends: int
    events: int
    digest: str
    """Of the ledger's whole chain."""
    pages: int
    """Archived pages read back."""
    findings: tuple[str, ...]

    def require_success(self) -> None:
        """Raises NewsledgerError with the first finding, if there is one."""
        if self.findings:
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            raise NewsledgerError(f"{self.findings[0]}{more}")


class _Merged(msgspec.Struct, frozen=True):
    files_processed: int
    files_created: int


class _Deleted(msgspec.Struct, frozen=True):
    path: str


class _Set(msgspec.Struct, frozen=True):
    pass


def merge_files(ledger: Ledger, on_progress: OnProgress = ignore_progress) -> Merging:
    """Merge small files of every event table, one merged file at a time: appends get their turn in between."""
    before = _files(ledger)
    ledger.rearrange(_Set, "limit_merged_files")
    merged = 0
    for cls in EVENT_TYPES:
        while slices := ledger.rearrange(_Merged, "merge_files", table=event_type(cls)):
            merged += sum(each.files_processed for each in slices)
            on_progress(Progress("merge", None, merged, before.files))
    return Merging(before, _files(ledger))


def _files(ledger: Ledger) -> LedgerFiles:
    return ledger.select(LedgerFiles, "ledger_files")[0]


def delete_superseded(ledger: Ledger, now: datetime) -> int:
    """Delete the files that merging replaced more than a day ago, and those that a killed append has left."""
    deleted = ledger.rearrange(_Deleted, "delete_superseded_files", older_than=now - GRACE)
    orphans = ledger.rearrange(_Deleted, "delete_orphaned_files", older_than=now - GRACE)
    return len(deleted) + len(orphans)


def prove(ledger: Ledger, storage: Storage, now: datetime) -> Proof:
    """Verify the whole ledger; read back the pages archived lately, and a share of all others that changes weekly."""
    verification = verify(ledger)
    records = [record for record in page_records(ledger) if is_due(record, now)]
    findings = (
        *(f"{finding.where}: {finding.what}" for finding in verification.findings),
        *damages(storage, records),
    )
    return Proof(verification.appends, verification.events, verification.digest, len(records), findings)


def is_due(record: PageRecord, now: datetime) -> bool:
    """Whether a run at this time reads the page back."""
    week = int(now.timestamp()) // timedelta(days=7).total_seconds()
    is_fresh = record.warc_file >= f"{now - FRESH:%Y/%m/%d}"
    return is_fresh or zlib.crc32(record.warc_file.encode()) % WEEKS_TO_READ_ALL == week % WEEKS_TO_READ_ALL


def prune(settings: Settings, now: datetime) -> list[Path]:
    """Delete what is known of hosts that nobody has asked lately, and slices of news files that are as old; return the
    files' paths."""
    before = (now - FORGOTTEN).timestamp()
    slices = (path for path in settings.cc_news_folder.glob("*/*") if path.suffix != ".lock")
    pruned = [*_forgotten(settings.host_folder, before), *(path for path in slices if path.stat().st_mtime < before)]
    for path in pruned:
        path.unlink(missing_ok=True)
    return pruned


def _forgotten(hosts: Path, before: float) -> Iterator[Path]:
    """The memory of each host that was last written before that time, and the host's slots."""
    for memory in hosts.glob("*.json"):
        if memory.stat().st_mtime < before:
            yield memory
            yield from (slot for slot in hosts.glob("*.slot") if slot.stem.rpartition(".")[0] == memory.stem)
