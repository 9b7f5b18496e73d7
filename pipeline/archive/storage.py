"""Where the WARC files lie: in a local folder, or in S3 (`s3_storage`). Another place implements the same interfaces,
Storage and WarcFile.

`archive_storage` is the only function that knows which implementation the settings name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from pipeline.errors import ArchiveError, storage_errors
from pipeline.regular_files import file_state, open_regular
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

    grows: bool
    """True if more can be appended after `sync`. If not, `sync` writes the whole file, may take long, may be called in
    another thread, and again if it fails."""

    @property
    def size_bytes(self) -> int: ...

    def append(self, member: bytes) -> None:
        """Raises StorageError; one that grows may then end in half a record, and nothing must be appended to either."""

    def sync(self) -> None:
        """Return once everything appended survives a power cut. Raises StorageError."""

    def close(self) -> None:
        """Close; one that grows is synced first. Raises StorageError, but closes the file in any case."""


class Storage(Protocol):
    """Creates and reads WARC files. It can be pickled, so that worker processes can read."""

    def create(self, name: str) -> WarcFile:
        """A new, empty file. Raises StorageError."""

    def open(self, name: str) -> BinaryIO:
        """The file, to be read from any offset. Raises ArchiveError naming it, StorageError if the place fails."""

    def read(self, location: Location) -> bytes:
        """Exactly the bytes at this location. Raises ArchiveError naming file and offset, StorageError if the place
        fails."""

    def overwrite(self, location: Location, member: bytes) -> None:
        """Put as many other bytes there, and return once they survive a power cut. Raises StorageError."""

    def files(self) -> Iterator[tuple[str, int]]:
        """The name of every file and its size in bytes. Raises StorageError."""

    def states(self) -> Mapping[str, str]:
        """The state of every file, by its name: another one once the file is written. Raises StorageError."""


class Folder(msgspec.Struct, frozen=True):
    """WARC files below a local folder."""

    root: Path

    def create(self, name: str) -> WarcFile:
        return _FolderFile(self.root / name)

    def open(self, name: str) -> BinaryIO:
        try:
            return open_regular(self.root / name)
        except FileNotFoundError as exc:
            raise missing(name, self.root) from exc
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

    def files(self) -> Iterator[tuple[str, int]]:
        for path in self.root.rglob("*.warc.gz"):
            yield path.relative_to(self.root).as_posix(), path.stat().st_size

    def states(self) -> Mapping[str, str]:
        with storage_errors(self.root):
            return {path.relative_to(self.root).as_posix(): file_state(path) for path in self.root.rglob("*.warc.gz")}


def missing(name: str, root: object) -> ArchiveError:
    """The error for a file that is not there; the findings of a verification have its text."""
    return ArchiveError(f"{name}: there is no such file below {root}")


def read_at(file: BinaryIO, location: Location) -> bytes:
    """Exactly the bytes at this location of the open file. Raises ArchiveError naming file and offset."""
    try:
        file.seek(location.warc_offset)
        member = file.read(location.warc_length)
    except OSError as exc:
        raise ArchiveError(f"{location}: cannot be read: {exc.strerror}") from exc
    return complete(member, location)


def complete(member: bytes, location: Location) -> bytes:
    """The bytes read at this location. Raises ArchiveError if some are missing."""
    if len(member) != location.warc_length:
        raise ArchiveError(f"{location}: the file ends too early")
    return member


class _FolderFile:
    grows = True

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
    if settings.s3 is None:
        return Folder(settings.archive_root)
    from pipeline.archive.s3_storage import Bucket  # what it imports is installed for a cluster only

    return Bucket(settings.s3.below("archive"))


def _sync_folder(path: Path) -> None:
    """Make the name of a new file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
