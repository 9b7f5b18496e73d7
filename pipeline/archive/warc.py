"""The archive: WARC 1.1 files (ISO 28500:2017), one gzip member a record, never rewritten.

A record is addressed by file, offset and length, so reading one costs one seek. Every writer makes files of
its own; the name holds time, a random part and a serial number, so parallel writers never share one.
"""

from __future__ import annotations

import gzip
import io
import os
import secrets
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from zlib_ng import gzip_ng

from pipeline.archive.codings import CodingError, decode
from pipeline.archive.exchange import Exchange
from pipeline.errors import ArchiveError, StorageError, storage_errors
from pipeline.events import WarcType
from pipeline.ids import digest

GZIP_LEVEL = 3
"""Of zlib-ng: a third of the time of zlib's usual 6 for 7 % more bytes, measured on real pages of 380 kB."""
REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


class Location(msgspec.Struct, frozen=True):
    """Where a record lies."""

    warc_file: str
    """Relative to the archive's root, with forward slashes."""
    warc_offset: int
    warc_length: int


class Stored(msgspec.Struct, frozen=True):
    """A record that was written."""

    location: Location
    warc_type: WarcType
    warc_payload_digest: str


class Original(msgspec.Struct, frozen=True):
    """An earlier response with the same payload, for a revisit record to refer to."""

    url: str
    captured_at: datetime


class ArchivedPage(msgspec.Struct, frozen=True):
    """A response as read back: the body with its content coding undone."""

    url: str
    status: int | None
    """None for a resource record, which no server answered."""
    content_type: str | None
    body: bytes


class Archive:
    """Writes to one WARC file at a time. Close it, or use it as a context manager."""

    def __init__(self, root: Path, *, rotate_bytes: int, now: Callable[[], datetime]) -> None:
        self.root = root
        self._rotate_bytes = rotate_bytes
        self._now = now
        self._writer_id = secrets.token_hex(4)
        self._serial = 0
        self._file: BinaryIO | None = None
        self._name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None

    def sync(self) -> None:
        """Make what was written survive a power cut. Call it before recording events that point here."""
        if self._file is not None:
            with storage_errors(self.root / self._name):
                os.fsync(self._file.fileno())

    def write(self, exchange: Exchange, original: Callable[[str], Original | None] = lambda _: None) -> Stored:
        """Append the exchange: its response, or a revisit if `original` knows one with this payload digest, then its
        request. Raises StorageError."""
        payload_digest = digest(exchange.body_sent)
        earlier = original(payload_digest) if exchange.body_sent else None
        record = _response(exchange, payload_digest) if earlier is None else _revisit(exchange, payload_digest, earlier)
        self._rotate()
        location = self._append(record)
        self._append(_request(exchange, record))
        return Stored(location, WarcType.RESPONSE if earlier is None else WarcType.REVISIT, payload_digest)

    def write_resource(self, url: str, body: bytes, *, content_type: str, at: datetime) -> Stored:
        """Append a document that was not had from its own address, as a resource record. Raises StorageError."""
        payload_digest = digest(body)
        record = _new_record(WarcRecordType.resource, at, content_type)
        record.headers["WARC-Target-URI"] = url
        record.headers["WARC-Payload-Digest"] = payload_digest
        _set_content(record, body)
        self._rotate()
        return Stored(self._append(record), WarcType.RESOURCE, payload_digest)

    def _append(self, record: WarcRecord) -> Location:
        data = _member(record)
        assert self._file is not None
        try:
            with storage_errors(self.root / self._name):
                offset = self._file.tell()
                self._file.write(data)
                self._file.flush()
        except StorageError:
            self._abandon_file()
            raise
        return Location(self._name, offset, len(data))

    def _rotate(self) -> None:
        if self._file is not None and self._file.tell() < self._rotate_bytes:
            return
        self.close()
        with storage_errors(self.root / self._name):
            self._file = self._create_file()

    def _abandon_file(self) -> None:
        """After a failed write the file ends in half a record; nothing more may follow it."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.fsync(file.fileno())
            with suppress(OSError):
                file.close()

    def _create_file(self) -> BinaryIO:
        now = self._now().astimezone(UTC)
        self._serial += 1
        self._name = f"{now:%Y/%m/%d}/newsledger-{now:%Y%m%d%H%M%S}-{self._writer_id}-{self._serial:05}.warc.gz"
        path = self.root / self._name
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
        _sync_directory(path.parent)
        file.write(_member(_warcinfo(path.name, now)))
        return file


def read_page(root: Path, location: Location) -> ArchivedPage:
    """The response or resource at this place. Raises ArchiveError naming file and offset."""
    where = f"{location.warc_file} at {location.warc_offset}"
    path = root / location.warc_file
    try:
        with path.open("rb") as file:
            file.seek(location.warc_offset)
            member = file.read(location.warc_length)
        if len(member) != location.warc_length:
            raise ArchiveError(f"{where}: the file ends too early")
        record = next(iter(ArchiveIterator(io.BytesIO(gzip.decompress(member)))))
    except FileNotFoundError as exc:
        raise ArchiveError(f"{where}: there is no such file below {root}") from exc
    except (OSError, EOFError, zlib.error, StopIteration) as exc:
        raise ArchiveError(f"{where}: cannot be read as a WARC record: {exc}") from exc
    if record.record_type == WarcRecordType.resource:
        return _read_resource(record, where)
    if record.record_type != WarcRecordType.response or record.http_headers is None:
        raise ArchiveError(f"{where}: is not a response record")
    payload = _payload(record, where)
    url = record.headers.get("WARC-Target-URI") or ""
    headers = {name.lower(): value for name, value in record.http_headers.astuples()}
    try:
        body = decode(payload, headers.get("content-encoding"))
    except CodingError as exc:
        raise ArchiveError(f"{where}: {exc}") from exc
    return ArchivedPage(url, int(record.http_headers.status_code or 0), headers.get("content-type"), body)


def _read_resource(record: WarcRecord, where: str) -> ArchivedPage:
    url = record.headers.get("WARC-Target-URI") or ""
    return ArchivedPage(url, None, record.headers.get("Content-Type"), _payload(record, where))


def _payload(record: WarcRecord, where: str) -> bytes:
    expected = record.headers.get("WARC-Payload-Digest")
    payload: bytes = record.reader.read()
    if expected != digest(payload):
        raise ArchiveError(f"{where}: the payload is not what was archived (expected {expected})")
    return payload


def _sync_directory(path: Path) -> None:
    """So that a new file's name survives a power cut, too."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _member(record: WarcRecord) -> bytes:
    plain = io.BytesIO()
    record.write(plain)
    member: bytes = gzip_ng.compress(plain.getvalue(), GZIP_LEVEL, mtime=0)  # type: ignore[no-untyped-call]
    return member


def _new_record(kind: WarcRecordType, at: datetime, content_type: str) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(record_type=kind)
    record.headers["WARC-Date"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    record.headers["Content-Type"] = content_type
    return record


def _warcinfo(name: str, at: datetime) -> WarcRecord:
    record = _new_record(WarcRecordType.warcinfo, at, "application/warc-fields")
    record.headers["WARC-Filename"] = name
    record.set_bytes_content(b"software: newsledger/0.1\r\nformat: WARC File Format 1.1\r\nrobots: obey\r\n")
    return record


def _response(exchange: Exchange, payload_digest: str) -> WarcRecord:
    record = _new_record(WarcRecordType.response, exchange.fetched_at, "application/http; msgtype=response")
    record.headers["WARC-Target-URI"] = exchange.url
    record.headers["WARC-Payload-Digest"] = payload_digest
    _set_content(record, _response_head(exchange) + exchange.body_sent)
    return record


def _revisit(exchange: Exchange, payload_digest: str, original: Original) -> WarcRecord:
    record = _new_record(WarcRecordType.revisit, exchange.fetched_at, "application/http; msgtype=response")
    record.headers["WARC-Target-URI"] = exchange.url
    record.headers["WARC-Payload-Digest"] = payload_digest
    record.headers["WARC-Profile"] = REVISIT_PROFILE
    record.headers["WARC-Refers-To-Target-URI"] = original.url
    record.headers["WARC-Refers-To-Date"] = original.captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    _set_content(record, _response_head(exchange))
    return record


def _request(exchange: Exchange, response: WarcRecord) -> WarcRecord:
    record = _new_record(WarcRecordType.request, exchange.fetched_at, "application/http; msgtype=request")
    record.headers["WARC-Target-URI"] = exchange.url
    record.headers["WARC-Concurrent-To"] = response.headers["WARC-Record-ID"]
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in exchange.request_headers)]
    _set_content(record, "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))
    return record


def _set_content(record: WarcRecord, block: bytes) -> None:
    record.headers["WARC-Block-Digest"] = digest(block)
    record.set_bytes_content(block)


def _response_head(exchange: Exchange) -> bytes:
    """The status line and headers. The transfer coding is undone, so its header is kept under another name."""
    phrase = exchange.reason or (HTTPStatus(exchange.status).phrase if exchange.status in set(HTTPStatus) else "")
    head = [f"HTTP/1.1 {exchange.status} {phrase}".encode("latin-1", "replace")]
    for name, value in exchange.headers:
        if name.lower() == b"transfer-encoding":
            name = b"X-Archive-Orig-Transfer-Encoding"
        head.append(name + b": " + value)
    return b"\r\n".join([*head, b"", b""])
