"""The records of an archive file, and the note that replaces an erased record."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO

import msgspec
from fastwarc.warc import WarcRecord

from pipeline.archive.named_records import next_member
from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import read_record, warc_date
from pipeline.errors import ArchiveError
from pipeline.ids import name_uuid

ERASED = "application/x-newsledger-erased"
"""Content type of the note."""
_GZIP_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"
"""A gzip member with a comment, of no time and no system (RFC 1952, 2.3)."""
LEAST_BYTES = 24
"""Length of an empty gzip member. Half a record that is shorter has nothing that can be read."""


def erasure_note(location: Location, at: datetime) -> bytes:
    """A record that says that another one was erased, as a gzip member of exactly the same length.

    A comment in the member's header, which readers skip, fills the rest. Nothing is compressed, so that every version
    of zlib makes the same bytes. Where half a record was too short for the note, the member is empty. Raises
    ArchiveError if the place has fewer than `LEAST_BYTES`.
    """
    headers = (
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: <urn:uuid:{name_uuid('erased', str(location))}>",
        f"WARC-Date: {warc_date(at)}",
        f"Content-Type: {ERASED}",
        "Content-Length: 0",
    )
    for record in ("\r\n".join([*headers, "", "", "", ""]).encode(), b""):
        deflater = zlib.compressobj(0, wbits=-zlib.MAX_WBITS)
        rest = deflater.compress(record) + deflater.flush() + struct.pack("<II", zlib.crc32(record), len(record))
        comment_bytes = location.warc_length - len(_GZIP_HEADER) - 1 - len(rest)
        if comment_bytes >= 0:
            return _GZIP_HEADER + b" " * comment_bytes + b"\0" + rest
    raise ArchiveError(f"{location}: has {location.warc_length} bytes, too few for a note that it was erased")


class NamedPlaces(msgspec.Struct, frozen=True):
    """The places of a file at which an event names a record, in order."""

    name: str
    places: Sequence[tuple[int, int]]
    """The offset of each record, and where it ends."""


def unnamed_records(storage: Storage, named: Iterable[NamedPlaces]) -> Iterator[tuple[Location, WarcRecord | None]]:
    """The records of all files that no event names and that are not erased: requests, redirects, and what killed
    processes have left. None stands for bytes that are no whole record: a writer was killed or the disk was full.

    Raises StorageError.
    """
    places = {file.name: file.places for file in named}
    for name, size_bytes in sorted(storage.files()):
        with suppress(ArchiveError), storage.open(name) as file:
            at = 0
            for start, end in (*places.get(name, ()), (size_bytes, size_bytes)):
                yield from _records_between(file, name, at, start)
                at = max(at, end)


def _records_between(file: BinaryIO, name: str, at: int, end: int) -> Iterator[tuple[Location, WarcRecord | None]]:
    while at < end:
        member, length = next_member(file, at, end)
        location = Location(name, at, length or end - at)
        try:
            record = read_record(member, where=str(location))[0]
        except ArchiveError:
            record = None
        if record is None or record.headers.get("Content-Type") != ERASED:
            yield location, record
        at += location.warc_length
