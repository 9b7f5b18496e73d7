"""Verify that ledger and archive hold what was recorded, and remember when that was last done.

The result of the last verification is kept in `verified.json` in the data directory, and not as an event: it is about
the files in this place and not about the news, a copy of the ledger is not verified because the original was, and
reading a ledger must not change it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, Storage
from pipeline.errors import ArchiveError, NewsledgerError, storage_errors
from pipeline.ids import digest
from pipeline.ledger import Ledger, verify
from pipeline.settings import Settings

FRESH = timedelta(days=8)
"""Pages archived within this time (a week and a day) are read back by every weekly run."""
WEEKS_TO_READ_ALL = 13
"""Each older WARC file is read back by one weekly run in this many weeks."""


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


class LastVerification(msgspec.Struct, frozen=True):
    """When the ledger was last verified, and with which result."""

    verified_at: datetime
    appends: int
    events: int
    pages: int
    """Number of archived pages that were read back."""
    digest: str
    findings: int
    first_finding: str | None


class _DigestRow(msgspec.Struct, frozen=True):
    append_no: int


def prove(
    ledger: Ledger, storage: Storage, records: Sequence[PageRecord], *, digest_expected: str | None = None
) -> Proof:
    """Verify the whole ledger, and read back these pages.

    `digest_expected` is the digest of an earlier proof; the ledger must still begin with the same events.
    """
    verification = verify(ledger)
    findings = [f"{finding.where}: {finding.what}" for finding in verification.findings]
    if digest_expected and not ledger.select(_DigestRow, "append_with_digest", digest=digest_expected):
        findings.append(f"ledger: no append ends with {digest_expected}: the ledger was cut off or rewritten")
    findings += damages(storage, records)
    return Proof(verification.appends, verification.events, verification.digest, len(records), tuple(findings))


def due_records(ledger: Ledger, now: datetime) -> list[PageRecord]:
    """The archived pages that a weekly run reads back: recent ones, and another part of the older ones each week."""
    return [record for record in page_records(ledger) if is_due(record, now)]


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


def record_proof(settings: Settings, proof: Proof, now: datetime) -> None:
    """Remember the proof as the last verification."""
    last = LastVerification(
        verified_at=now,
        appends=proof.appends,
        events=proof.events,
        pages=proof.pages,
        digest=proof.digest,
        findings=len(proof.findings),
        first_finding=proof.findings[0] if proof.findings else None,
    )
    path = settings.verification_file
    written = path.with_name(f"{path.name}.{os.getpid()}")
    with storage_errors(path):
        written.write_bytes(msgspec.json.format(msgspec.json.encode(last)) + b"\n")
        written.replace(path)


def last_verification(settings: Settings) -> LastVerification | None:
    """The last verification; None if nothing was verified, or if the file cannot be read as one."""
    try:
        return msgspec.json.decode(settings.verification_file.read_bytes(), type=LastVerification)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
