"""The records of an archive file, and the note that replaces an erased record."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO
from urllib.parse import urldefrag

import msgspec
from fastwarc.warc import WarcRecord, WarcRecordType

from pipeline.archive.named_records import next_member
from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import read_record, warc_date
from pipeline.errors import ArchiveError
from pipeline.ids import name_uuid

ERASED = "application/x-newsledger-erased"
"""Content type of the note."""
ANSWERS = (WarcRecordType.response, WarcRecordType.resource)
"""Types of records that have a document."""
_GZIP_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"
"""A gzip member with a comment, of no time and no system (RFC 1952, 2.3)."""


def erasure_note(location: Location, at: datetime) -> bytes:
    """A record that says that another one was erased, as a gzip member of exactly the same length.

    A comment in the member's header, which readers skip, fills the rest. Nothing is compressed, so that every version
    of zlib makes the same bytes. Raises ArchiveError if the place is too short.
    """
    headers = (
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: <urn:uuid:{name_uuid('erased', str(location))}>",
        f"WARC-Date: {warc_date(at)}",
        f"Content-Type: {ERASED}",
        "Content-Length: 0",
    )
    record = "\r\n".join([*headers, "", "", "", ""]).encode()
    deflater = zlib.compressobj(0, wbits=-zlib.MAX_WBITS)
    rest = deflater.compress(record) + deflater.flush() + struct.pack("<II", zlib.crc32(record), len(record))
    comment_bytes = location.warc_length - len(_GZIP_HEADER) - 1 - len(rest)
    if comment_bytes < 0:
        raise ArchiveError(f"{location}: has {location.warc_length} bytes, too few for a note that it was erased")
    return _GZIP_HEADER + b" " * comment_bytes + b"\0" + rest


def records_of(storage: Storage, name: str) -> Iterator[tuple[Location, WarcRecord]]:
    """The records of a file that are not erased, in order, up to the first that is damaged or unfinished; nothing if
    the file is lost."""
    with suppress(ArchiveError), storage.open(name) as file:
        yield from _records_in(file, name, 0)


class FileEnd(msgspec.Struct, frozen=True):
    """Where the last record of a file ends that an event names."""

    name: str
    end_offset: int


def left_over(storage: Storage, named: Iterable[FileEnd], since: datetime) -> Iterator[tuple[Location, WarcRecord]]:
    """The records archived since a day, after the last named record of their file, or in a file that no
    event names: a process that was killed has left them. Raises StorageError."""
    ends = {file.name: file.end_offset for file in named}
    for name, size_bytes in sorted(storage.files()):
        end = ends.get(name, 0)
        if name < f"{since:%Y/%m/%d}" or end >= size_bytes:
            continue
        with suppress(ArchiveError):
            rest = io.BytesIO(storage.read(Location(name, end, size_bytes - end))) if end else storage.open(name)
            with rest:
                yield from _records_in(rest, name, end)


def _records_in(file: BinaryIO, name: str, offset: int) -> Iterator[tuple[Location, WarcRecord]]:
    """The records of a part of a file that begins at this offset. Raises ArchiveError."""
    at, end = 0, file.seek(0, os.SEEK_END)
    while at < end:
        member, length = next_member(file, at, end)
        if not length:
            return
        location = Location(name, offset + at, length)
        record, _ = read_record(member, where=str(location))
        if record.headers.get("Content-Type") != ERASED:
            yield location, record
        at += length


def target_of(record: WarcRecord) -> str:
    """The record's address without its fragment; empty if it has none."""
    return urldefrag(record.headers.get("WARC-Target-URI") or "").url
