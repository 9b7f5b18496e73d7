"""Shared files in an S3-compatible store. An object remembers when its file was written, so copies of it are known."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import storage_errors
from pipeline.object_store import ObjectMissing, ObjectStore, StoredObject
from pipeline.places import S3Place
from pipeline.s3_client import client

_WRITTEN_AT = "written-at-ns"
"""The file's time of modification, in the object's metadata. With the size, it tells whether a copy is the same."""


class StoredFiles:
    def __init__(self, place: S3Place, to_read: Callable[[], Any] = client) -> None:
        self._store = ObjectStore(place, to_read)

    def exists(self, path: Path) -> bool:
        return self._store.find(path.name) is not None

    def read(self, path: Path) -> bytes | None:
        try:
            with self._store.open(path.name) as file:
                return file.read()
        except ObjectMissing:
            return None

    def write(self, path: Path, content: bytes) -> None:
        self._store.put(path.name, io.BytesIO(content))

    def append(self, path: Path, line: bytes) -> None:
        self.write(path, (self.read(path) or b"") + line)

    def fetch(self, path: Path) -> None:
        found = self._store.find(path.name)
        if found is not None and _is_copy(path, found):
            return
        log = path.with_name(f"{path.name}.wal")  # it belongs to the old copy
        if found is None:
            path.unlink(missing_ok=True)
            log.unlink(missing_ok=True)
            return
        copy = path.with_name(f"{path.name}.{os.getpid()}.fetching")
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with copy.open("wb") as file:
                    self._store.download(path.name, file)
                written_at = _written_at(found)
                os.utime(copy, ns=(written_at, written_at))
                log.unlink(missing_ok=True)
                copy.replace(path)
            finally:
                copy.unlink(missing_ok=True)

    def send(self, path: Path) -> None:
        found = self._store.find(path.name)
        if found is not None and _is_copy(path, found):
            return
        with storage_errors(path), path.open("rb") as file:
            written_at = os.fstat(file.fileno()).st_mtime_ns
            self._store.put(path.name, file, {_WRITTEN_AT: str(written_at)})

    def copy(self, path: Path, target: Path) -> None:
        self._store.copy(path.name, target.name)

    def delete(self, path: Path) -> None:
        self._store.delete([path.name])


def _is_copy(path: Path, found: StoredObject) -> bool:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (found.size_bytes, _written_at(found))


def _written_at(found: StoredObject) -> int:
    """In nanoseconds. A program that puts an object back, as from a backup, may not keep its metadata."""
    return int(found.metadata.get(_WRITTEN_AT, found.modified_at_ns))
