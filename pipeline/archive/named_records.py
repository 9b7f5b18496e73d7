"""Check WARC records against the events that name them, one file at a time, in the order of the file.

An event has the digest of its record's bytes. If the bytes still have it, the record is the one that was written. If
not, and for events of version 0.1, which recorded no such digest, everything that the event says about its record is
compared: type, address, date, status and digests.

An erased record must be the note that the event of its erasure has the digest of, whether or not another event still
names it.

The records between them, which no event names (requests, redirects), are checked against the digest by which the next
record names each of them, and against their own. Files of earlier versions have only the latter, and the request of
the last named record follows it there. What follows then is ignored: a process that was killed may have left half a
record there.
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import BinaryIO
from urllib.parse import urldefrag

import msgspec
from fastwarc.warc import WarcRecordType

from pipeline.archive.codings import CodingError, decode
from pipeline.archive.storage import Location, Storage, read_at
from pipeline.archive.warc import previous_digest, read_record
from pipeline.errors import ArchiveError
from pipeline.events import ErasedRecord, WarcType
from pipeline.ids import digest

MAX_FINDINGS = 20
"""Findings listed for one file; the others are counted."""
_PIECE_BYTES = 1 << 16


class NamedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an event that describe its WARC record. A field is None if the event does not have it."""

    position: int
    """The event's position in the ledger."""
    warc_file: str
    warc_offset: int
    warc_length: int
    warc_digest: str | None
    warc_type: WarcType | None
    url: str | None
    is_replay: bool
    """The record's address is that of a web archive, which ends with `url`."""
    status: int | None
    earliest: datetime | None
    """The record's date is not before this time, …"""
    latest: datetime | None
    """… and not after this one."""
    payload_digest: str | None
    warc_payload_digest: str | None

    @property
    def location(self) -> Location:
        return Location(self.warc_file, self.warc_offset, self.warc_length)


class CheckedFile(msgspec.Struct, frozen=True):
    name: str
    records: int
    """Number of records that were checked, counted once for each event that names one."""
    findings: tuple[str, ...]
    unerased: tuple[str, ...] = ()
    """Findings about records that were to be erased, and are there."""


def check_file(
    storage: Storage, name: str, named: Sequence[NamedRecord], erased: Sequence[ErasedRecord] = ()
) -> CheckedFile:
    """Compare the file with the events that name its records, and with the notes that stand for the erased ones."""
    records = len(named) + len(erased)
    try:
        file = storage.open(name)
    except ArchiveError as exc:
        return CheckedFile(name, records, (f"{exc} ({records} events name it)",))
    notes = {Location(note.warc_file, note.warc_offset, note.warc_length): note.warc_digest for note in erased}
    with file:
        return CheckedFile(
            name,
            records,
            _first(_findings(file, name, named, notes), f"{name}: {{}} more records are not as they were archived"),
            _first(_unerased(file, notes), f"{name}: {{}} more records were to be erased and are not"),
        )


def _first(found: Iterator[str], more: str) -> tuple[str, ...]:
    """The first findings, and the number of the others."""
    findings = tuple(islice(found, MAX_FINDINGS))
    unlisted = sum(1 for _ in found)
    return (*findings, more.format(unlisted)) if unlisted else findings


def _findings(file: BinaryIO, name: str, named: Sequence[NamedRecord], notes: Mapping[Location, str]) -> Iterator[str]:
    events = defaultdict[Location, list[NamedRecord]](list)
    for record in named:
        events[record.location].append(record)
    end, member, links = 0, b"", _Links()
    for location in sorted({*events, *notes}, key=lambda location: location.warc_offset):
        yield from _unnamed(file, name, end, location.warc_offset, links)
        end = max(end, location.warc_offset + location.warc_length)
        records = events.get(location, [])
        try:
            member = read_at(file, location)
            if location in notes:
                links.skip()
                continue
            actual = digest(member)
            found = [
                f"{location}: {difference} (event {record.position}: {record.url})"
                for record in records
                if record.warc_digest != actual
                for difference in _differences(member, record)
            ]
            yield from (*links.follow(str(location), member, actual, found), *found)
        except ArchiveError as exc:
            named_by = f"event {records[0].position}: {records[0].url}" if records else "it was erased"
            yield f"{exc} ({named_by})"
            member = b""
            links.skip()
    if _has_request(member):
        request, length = next_member(file, end, file.seek(0, os.SEEK_END))
        where = f"{name} at {end}"
        yield from _own_digest(request, where) if length else (f"{where}: the request is missing or cut off",)


def _unerased(file: BinaryIO, notes: Mapping[Location, str]) -> Iterator[str]:
    for location, expected in notes.items():
        with suppress(ArchiveError):  # what is missing needs no erasure; it is a finding of its own
            if digest(read_at(file, location)) != expected:
                yield f"{location}: was to be erased and is not"


def _has_request(member: bytes) -> bool:
    """True if the request follows this record, as in files of earlier versions. An event names a record after both were
    written."""
    if previous_digest(member) is not None:
        return False
    try:
        return read_record(member, where="")[0].record_type in (WarcRecordType.response, WarcRecordType.revisit)
    except ArchiveError:
        return False


def _differences(member: bytes, event: NamedRecord) -> Iterator[str]:
    """A phrase for each way in which the record differs from the event. Raises ArchiveError if it cannot be read."""
    where = str(event.location)
    record, block = read_record(member, where=where)
    said: list[tuple[str, object, object]] = [
        ("block has the digest", digest(block), record.headers.get("WARC-Block-Digest")),
    ]
    if event.warc_type is not None:
        said.append(("type is", record.headers.get("WARC-Type"), event.warc_type.value))
    if event.url is not None:
        said.append(("address is", *_addresses(record.headers.get("WARC-Target-URI") or "", event)))
    if event.status is not None and record.http_headers is not None:
        said.append(("status is", record.http_headers.status_code, event.status))
    if event.warc_payload_digest is not None:
        said.append(("payload digest is", record.headers.get("WARC-Payload-Digest"), event.warc_payload_digest))
    if record.record_type != WarcRecordType.revisit:
        payload: bytes = record.reader.read()
        said.append(("payload has the digest", digest(payload), record.headers.get("WARC-Payload-Digest")))
        if event.payload_digest is not None:
            coding = None if record.http_headers is None else record.http_headers.get("content-encoding")
            try:
                said.append(("decoded payload has the digest", digest(decode(payload, coding)), event.payload_digest))
            except CodingError as exc:
                raise ArchiveError(f"{where}: {exc}") from exc
    differences = [f"its {what} {actual}, not {expected}" for what, actual, expected in said if actual != expected]
    at = record.record_date
    if at is None or (event.earliest and at < event.earliest) or (event.latest and at > event.latest):
        differences.append(f"its date is {at}, the event's {event.earliest or event.latest}")
    if not differences and event.warc_digest is not None:
        differences.append(f"its bytes are not those that were archived (expected {event.warc_digest})")
    yield from differences


def _addresses(target: str, event: NamedRecord) -> tuple[str, str]:
    """The record's address and the event's, without what the record need not have."""
    expected = urldefrag(event.url or "").url
    if event.is_replay:
        return target[-len(expected) :], expected
    return urldefrag(target).url, expected


class _Links:
    """Follows the digests by which the records of a file name those before them."""

    def __init__(self) -> None:
        self._where = ""
        self._digest: str | None = None
        """None if the next record cannot be compared with it."""

    def follow(self, where: str, member: bytes, actual: str, found: Collection[str]) -> Iterator[str]:
        """A finding about the record before this one, whose own findings are `found`."""
        expected = previous_digest(member)
        if self._digest is not None and expected not in (None, self._digest):
            yield f"{self._where}: its bytes are not those that were archived (the record after it names {expected})"
        self._where, self._digest = where, None if found else actual

    def skip(self) -> None:
        """The record was erased, or is damaged, which is a finding of its own."""
        self._digest = None


def _unnamed(file: BinaryIO, name: str, start: int, end: int, links: _Links) -> Iterator[str]:
    """Findings about the records from offset `start` to `end`, which no event names."""
    at = start
    while at < end:
        member, length = next_member(file, at, end)
        if not length:
            yield f"{name} at {at}: is no gzip member that ends before the record at {end} (no event names it)"
            links.skip()
            return
        where = f"{name} at {at}"
        found = [*_own_digest(member, where)]
        yield from (*links.follow(where, member, digest(member), found), *found)
        at += length


def _own_digest(member: bytes, where: str) -> Iterator[str]:
    """A finding if the record, which no event names, does not have the digest that it gives itself."""
    try:
        record, block = read_record(member, where=where)
    except ArchiveError as exc:
        yield f"{exc} (no event names it)"
        return
    expected = record.headers.get("WARC-Block-Digest")
    if expected is not None and expected != digest(block):
        yield f"{where}: its block is not what was archived (expected {expected}; no event names it)"


def next_member(file: BinaryIO, start: int, end: int) -> tuple[bytes, int]:
    """The gzip member that begins at `start`, and its length; 0 if none ends before `end`, in bytes."""
    file.seek(start)
    inflater, pieces, left = zlib.decompressobj(zlib.MAX_WBITS | 16), [], end - start
    try:
        while left and not inflater.eof and (piece := file.read(min(_PIECE_BYTES, left))):
            inflater.decompress(piece)
            pieces.append(piece)
            left -= len(piece)
    except zlib.error:
        return b"", 0
    length = end - start - left - len(inflater.unused_data)
    return (b"".join(pieces)[:length], length) if inflater.eof else (b"", 0)
