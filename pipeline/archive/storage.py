"""Where the WARC files lie: a local folder. Another place implements the same interfaces, Storage and WarcFile.

`archive_storage` is the only function that knows which implementation the settings name.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from pipeline.errors import ArchiveError, storage_errors
from pipeline.settings import Settings


class Location(msgspec.Struct, frozen=True):
    """Where a record lies."""

    warc_file: str
    """Relative to the root of the archive, with forward slashes."""
    warc_offset: int
    warc_length: int
    warc_digest: str | None = None
    """`sha256:<hex>` of the bytes there; None if version 0.1 recorded it."""

    def __str__(self) -> str:
        return f"{self.warc_file} at {self.warc_offset}"


class WarcFile(Protocol):
    """A file that is being written, by one writer only."""

    @property
    def size_bytes(self) -> int: ...

    def append(self, member: bytes) -> None:
        """Raises StorageError; the file may then end in half a record and must not be appended to."""

    def sync(self) -> None:
        """Return once everything appended survives a power cut. Raises StorageError."""

    def close(self) -> None:
        """Sync and close. Raises StorageError, but closes the file in any case."""


class Storage(Protocol):
    """Creates and reads WARC files. It can be pickled, so that worker processes can read."""

    def create(self, name: str) -> WarcFile:
        """A new, empty file. Raises StorageError."""

    def open(self, name: str) -> BinaryIO:
        """The file, to be read from any offset. Raises ArchiveError naming it."""

    def read(self, location: Location) -> bytes:
        """Exactly the bytes at this location. Raises ArchiveError naming file and offset."""

    def overwrite(self, location: Location, member: bytes) -> None:
        """Put as many other bytes there, and return once they survive a power cut. Raises StorageError."""


class Folder(msgspec.Struct, frozen=True):
    """WARC files below a local folder."""

    root: Path

    def create(self, name: str) -> WarcFile:
        return _FolderFile(self.root / name)

    def open(self, name: str) -> BinaryIO:
        try:
            return (self.root / name).open("rb")
        except FileNotFoundError as exc:
            raise ArchiveError(f"{name}: there is no such file below {self.root}") from exc
        except OSError as exc:
            raise ArchiveError(f"{name}: cannot be read: {exc.strerror}") from exc

    def read(self, location: Location) -> bytes:
        with self.open(location.warc_file) as file:
            return read_at(file, location)

    def overwrite(self, location: Location, member: bytes) -> None:
        path = self.root / location.warc_file
        with storage_errors(path), path.open("r+b") as file:
            file.seek(location.warc_offset)
            file.write(member)
            file.flush()
            os.fsync(file.fileno())


def read_at(file: BinaryIO, location: Location) -> bytes:
    """Exactly the bytes at this location of the open file. Raises ArchiveError naming file and offset."""
    try:
        file.seek(location.warc_offset)
        member = file.read(location.warc_length)
    except OSError as exc:
        raise ArchiveError(f"{location}: cannot be read: {exc.strerror}") from exc
    if len(member) != location.warc_length:
        raise ArchiveError(f"{location}: the file ends too early")
    return member


class _FolderFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb")
            _sync_folder(path.parent)

    @property
    def size_bytes(self) -> int:
        return self._file.tell()

    def append(self, member: bytes) -> None:
        with storage_errors(self._path):
            self._file.write(member)
            self._file.flush()

    def sync(self) -> None:
        with storage_errors(self._path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        try:
            self.sync()
        finally:
            with storage_errors(self._path):
                self._file.close()


def archive_storage(settings: Settings) -> Storage:
    return Folder(settings.archive_root)


def _sync_folder(path: Path) -> None:
    """Make the name of a new file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
