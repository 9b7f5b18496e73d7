"""maintain: merge the ledger's small files, and verify that ledger and archive hold what was recorded.

It is safe while other runs append. The ledger's lock is held for one merged file at a time, no snapshot is expired, and
a file is deleted only a day after it was replaced, when no reader can still need it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, Storage
from pipeline.errors import ArchiveError, NewsledgerError
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ids import digest
from pipeline.ledger import Ledger, verify
from pipeline.settings import Settings
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress

LOCK_TIMEOUT_SECONDS = 600.0
"""Longer than for other runs, because runs that append take the lock again and again."""
GRACE = timedelta(days=1)
"""A replaced file is kept for this long. Readers and appends that still use it are done by then."""
FRESH = timedelta(days=8)
"""Pages archived within this time (a week and a day) are read back by every weekly run."""
WEEKS_TO_READ_ALL = 13
"""Each older WARC file is read back by one weekly run in this many weeks."""
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


class Proof(msgspec.Struct, frozen=True):
    """The extent of a verification, and a line for each difference that it found."""

    appends: int
    events: int
    digest: str
    """Digest of the ledger's whole chain."""
    pages: int
    """Number of archived pages that were read back."""
    findings: tuple[str, ...]

    def require_success(self) -> None:
        """Raises NewsledgerError with the first finding, if there is one."""
        if self.findings:
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            raise NewsledgerError(f"{self.findings[0]}{more}")


class PageRecord(msgspec.Struct, frozen=True):
    """An archived page, and the digest of its body in its event."""

    event_id: UUID
    url: str
    payload_digest: str
    warc_file: str
    warc_offset: int
    warc_length: int


class _Merged(msgspec.Struct, frozen=True):
    files_processed: int
    files_created: int


class _Deleted(msgspec.Struct, frozen=True):
    path: str


class _Set(msgspec.Struct, frozen=True):
    pass


def merge_files(ledger: Ledger, on_progress: OnProgress = ignore_progress) -> Merging:
    """Merge the small files of every event table, one merged file at a time: appends can take the lock in between."""
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
    """Delete the files that were replaced by merging more than `GRACE` ago, and orphans of killed appends; return how
    many."""
    deleted = ledger.rearrange(_Deleted, "delete_superseded_files", older_than=now - GRACE)
    orphans = ledger.rearrange(_Deleted, "delete_orphaned_files", older_than=now - GRACE)
    return len(deleted) + len(orphans)


def prove(ledger: Ledger, storage: Storage, now: datetime) -> Proof:
    """Verify the whole ledger. Read back the pages that are due: recent ones, and weekly another part of the rest."""
    verification = verify(ledger)
    records = [record for record in page_records(ledger) if is_due(record, now)]
    findings = (
        *(f"{finding.where}: {finding.what}" for finding in verification.findings),
        *damages(storage, records),
    )
    return Proof(verification.appends, verification.events, verification.digest, len(records), findings)


def page_records(ledger: Ledger) -> list[PageRecord]:
    """All archived pages with a body, in the order of the archive's files."""
    return ledger.select(PageRecord, "page_records")


def damages(storage: Storage, records: Iterable[PageRecord]) -> Iterator[str]:
    """A line for each record that cannot be read, or whose body has another digest."""
    for record in records:
        location = Location(record.warc_file, record.warc_offset, record.warc_length)
        try:
            page = read_page(storage, location)
        except ArchiveError as exc:
            yield f"archive: {record.url}: {exc}"
            continue
        if digest(page.body) != record.payload_digest:
            yield f"archive: {record.url}: {record.warc_file} at {record.warc_offset} holds another page"


def is_due(record: PageRecord, now: datetime) -> bool:
    """Whether a weekly run at this time reads the page back."""
    week = int(now.timestamp()) // timedelta(days=7).total_seconds()
    is_fresh = record.warc_file >= f"{now - FRESH:%Y/%m/%d}"
    return is_fresh or zlib.crc32(record.warc_file.encode()) % WEEKS_TO_READ_ALL == week % WEEKS_TO_READ_ALL


def prune(settings: Settings, now: datetime) -> list[Path]:
    """Delete files about hosts and slices of news files that were not used for `FORGOTTEN`; return their paths."""
    before = (now - FORGOTTEN).timestamp()
    slices = (path for path in settings.cc_news_folder.glob("*/*") if path.suffix != ".lock")
    pruned = [*_forgotten(settings.host_folder, before), *(path for path in slices if path.stat().st_mtime < before)]
    for path in pruned:
        path.unlink(missing_ok=True)
    return pruned


def _forgotten(hosts: Path, before: float) -> Iterator[Path]:
    """The files of each host whose memory was last written before that time."""
    for memory in hosts.glob("*.json"):
        if memory.stat().st_mtime < before:
            yield memory
            yield from (slot for slot in hosts.glob("*.slot") if slot.stem.rpartition(".")[0] == memory.stem)
