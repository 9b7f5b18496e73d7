"""WARC files in an S3-compatible store, which knows whole objects only: nothing can be appended to one.

So records are collected in a temporary file, and each flush of the archive sends it as one object. A process that is
killed before that leaves nothing, and no event names what it had. One that is killed after that leaves an object that
no event names, as on one machine it leaves such records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import IO, BinaryIO

import msgspec

from pipeline.archive.storage import Location, WarcFile, complete, missing
from pipeline.errors import storage_errors
from pipeline.object_store import ObjectMissing, ObjectStore, temporary_file
from pipeline.places import S3Place


class Bucket(msgspec.Struct, frozen=True):
    """WARC files as objects below a place."""

    place: S3Place

    def create(self, name: str) -> WarcFile:
        return _Object(ObjectStore(self.place), name)

    def open(self, name: str) -> BinaryIO:
        try:
            return ObjectStore(self.place).open(name)
        except ObjectMissing as exc:
            raise missing(name, self.place) from exc

    def read(self, location: Location) -> bytes:
        try:
            store = ObjectStore(self.place)
            member = store.read(location.warc_file, location.warc_offset, location.warc_length)
        except ObjectMissing as exc:
            raise missing(location.warc_file, self.place) from exc
        return complete(member, location)

    def overwrite(self, location: Location, member: bytes) -> None:
        """The whole object is written again."""

        def change(file: IO[bytes]) -> None:
            file.seek(location.warc_offset)
            file.write(member)

        ObjectStore(self.place).change(location.warc_file, change)

    def files(self) -> Iterator[tuple[str, int]]:
        return ((found.name, found.size_bytes) for found in ObjectStore(self.place).objects())

    def states(self) -> Mapping[str, str]:
        return {found.name: found.state for found in ObjectStore(self.place).objects()}


class _Object:
    grows = False

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store, self._name = store, name
        self._file, self._size_bytes = temporary_file(), 0

    @property
    def size_bytes(self) -> int:
        return self._size_bytes

    def append(self, member: bytes) -> None:
        with storage_errors(Path(gettempdir())):
            self._file.write(member)
        self._size_bytes += len(member)

    def sync(self) -> None:
        self._file.truncate(self._size_bytes)  # without half a record that did not fit on the disk
        self._store.put(self._name, self._file)

    def close(self) -> None:
        self._file.close()
