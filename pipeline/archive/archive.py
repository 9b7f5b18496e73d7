"""The archive of one run: records are appended to its own WARC files and read back by location.

Reading a record costs one seek. The name of a file holds the time, a random part and a serial number, so writers that
run at the same time never share a file.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import msgspec
from fastwarc.warc import WarcRecord

from pipeline.archive import warc
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import Location, Storage, WarcFile
from pipeline.archive.warc import ArchivedPage, Original
from pipeline.errors import StorageError
from pipeline.events import WarcType
from pipeline.ids import digest


class Stored(msgspec.Struct, frozen=True):
    """A record that was written."""

    location: Location
    warc_type: WarcType
    warc_payload_digest: str


class Archive:
    """Writes to one WARC file at a time. Close it, or use it as a context manager."""

    def __init__(self, storage: Storage, *, rotate_bytes: int, now: Callable[[], datetime]) -> None:
        """A file that has reached `rotate_bytes` is closed before the next exchange."""
        self.storage = storage
        self._rotate_bytes = rotate_bytes
        self._now = now
        self._writer_id = secrets.token_hex(4)
        self._serial = 0
        self._file: WarcFile | None = None
        self._name = ""
        self._last: str | None = None
        """The digest of the file's last record."""
        self._complete: list[WarcFile] = []
        """Files that cannot grow and are to be saved."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Raises StorageError."""
        try:
            self.sync()
        finally:
            self._close_file()

    def sync(self) -> None:
        """Make everything written survive a power cut. Call it before recording events that point here.

        Raises StorageError.
        """
        self.hand_over()()

    def hand_over(self) -> Callable[[], None]:
        """Like `sync`, in two parts. Call what is returned once, in any thread; this one may write meanwhile."""
        if self._file is not None and self._file.grows:
            self._file.sync()
        else:
            self._close_file()
        return self._save

    def _save(self) -> None:
        while self._complete:  # with files that could not be saved before: events that name them may be next
            self._complete[0].sync()
            self._complete.pop(0).close()

    def _close_file(self) -> None:
        """End the current file: close it, or leave it to `_save`."""
        if self._file is not None:
            file, self._file = self._file, None
            if file.grows:
                file.close()
            else:
                self._complete.append(file)

    def write(self, exchange: Exchange, original: Callable[[str], Original | None] = lambda _: None) -> Stored:
        """Append the request and then the response of the exchange. Raises StorageError.

        `original` is called with the payload digest. If it returns an earlier response, a revisit record that refers to
        it is written instead of the response.
        """
        payload_digest = digest(exchange.body_sent)
        earlier = original(payload_digest) if exchange.body_sent else None
        if earlier is None:
            response, warc_type = warc.response(exchange, payload_digest), WarcType.RESPONSE
        else:
            response, warc_type = warc.revisit(exchange, payload_digest, earlier), WarcType.REVISIT
        file = self._current_file()
        self._append(file, warc.request(exchange, response))
        return Stored(self._append(file, response), warc_type, payload_digest)

    def write_resource(self, url: str, body: bytes, *, content_type: str, at: datetime) -> Stored:
        """Append a document that no server sent from its own address, as a resource record. Raises StorageError."""
        payload_digest = digest(body)
        record = warc.resource(url, body, payload_digest, content_type=content_type, at=at)
        return Stored(self._append(self._current_file(), record), WarcType.RESOURCE, payload_digest)

    def read(self, location: Location) -> ArchivedPage:
        """Raises ArchiveError naming file and offset."""
        return read_page(self.storage, location)

    def _append(self, file: WarcFile, record: WarcRecord) -> Location:
        if self._last is not None:
            record.headers[warc.PREVIOUS] = self._last
        member = warc.member(record)
        location = Location(self._name, file.size_bytes, len(member), digest(member))
        try:
            file.append(member)
        except StorageError:
            with suppress(StorageError):
                self._close_file()  # it may end in half a record, so nothing more may follow
            raise
        self._last = location.warc_digest
        return location

    def _current_file(self) -> WarcFile:
        if self._file is not None and self._file.size_bytes >= self._rotate_bytes:
            self._close_file()
        if self._file is None:
            now = self._now().astimezone(UTC)
            self._serial += 1
            name = f"newsledger-{now:%Y%m%d%H%M%S}-{self._writer_id}-{self._serial:05}.warc.gz"
            self._name = f"{now:%Y/%m/%d}/{name}"
            self._file = self.storage.create(self._name)
            self._last = None
            self._append(self._file, warc.warcinfo(name, now))
        return self._file


def read_page(storage: Storage, location: Location) -> ArchivedPage:
    """The response or resource at this location. Raises ArchiveError naming file and offset."""
    return warc.read_member(storage.read(location), where=str(location))
