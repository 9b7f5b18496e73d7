"""Fixity: compare the archived pages with the digests in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, Storage
from pipeline.errors import ArchiveError
from pipeline.ids import digest
from pipeline.ledger import Ledger


class PageRecord(msgspec.Struct, frozen=True):
    """An archived page, and the digest of its body in its event."""

    event_id: UUID
    url: str
    payload_digest: str
    warc_file: str
    warc_offset: int
    warc_length: int


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
