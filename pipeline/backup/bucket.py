"""A backup in a part of a bucket, whose state is what one object says: `backup.json`, which is written last.

S3 has no rename, but it replaces an object completely or not at all. So no other object is ever written again: a key is
the file's path with its size and time of modification, and backup.json lists the keys of the backup that is complete.
A backup that was interrupted leaves objects that no list names. The next one uses or deletes them.

backup.json is replaced only if it still is what this process has read. Objects are deleted only afterwards, if they
were there before this process began. So of two backups at the same time, the later one fails and can be repeated.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO

import msgspec

from pipeline.backup.place import NOTE, End, require_ledger
from pipeline.copying import ARCHIVE, EVENTS, FileState
from pipeline.errors import LedgerLocked, StorageError
from pipeline.json_files import decoded
from pipeline.ledger.disk import disk_errors
from pipeline.object_store import ObjectChanged, ObjectStore, StoredObject
from pipeline.places import S3Place
from pipeline.settings import Settings

_KEY = re.compile(r"(?P<name>.+)\.(?P<size_bytes>\d+)-(?P<modified_at_ns>\d{19})")


class _Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of backup.json."""

    first_append: str | None
    end: End | None
    """None before the first backup is complete."""
    files: tuple[str, ...]
    """The keys of all files, below the prefix."""


class _Files:
    """The files of the backup that is complete, and those that were written since, as a `FileTree`."""

    def __init__(self, store: ObjectStore, found: Collection[str], listed: Collection[str]) -> None:
        """`found` are the keys of all objects, `listed` those of the backup that is complete."""
        self._store, self._found = store, found
        self.keys = {_parts(key)["name"]: key for key in listed if key in found}
        """By the name of the file. Objects that the store has lost are not among them."""

    def names(self, folder: str) -> Iterator[str]:
        return (name for name in self.keys if name.startswith(folder))

    def state(self, name: str) -> FileState | None:
        key = self.keys.get(name)
        if key is None:
            return None
        parts = _parts(key)
        return int(parts["size_bytes"]), int(parts["modified_at_ns"])

    def is_copied(self, name: str, source: FileState) -> bool:
        return self.keys.get(name) == _key(name, source)

    def open(self, name: str) -> BinaryIO:
        return self._store.open(self.keys[name])

    def write(self, name: str, source: BinaryIO, state: FileState) -> None:
        key = _key(name, state)
        if key not in self._found:  # an interrupted backup may have written it
            self._store.put(key, source, size_bytes=state[0])
        self.keys[name] = key

    def address(self, name: str) -> str:
        return f"{self._store}/{self.keys.get(name, name)}"


class BucketBackup:
    def __init__(self, place: S3Place, catalog: str) -> None:
        self._place, self._store, self._catalog = place, ObjectStore(place), catalog

    def __str__(self) -> str:
        return str(self._place)

    def require_apart(self, settings: Settings) -> None:
        if settings.s3 and (settings.s3.contains(self._place) or self._place.contains(settings.s3)):
            raise StorageError(f"{self}: the backup and the store {settings.s3} must not contain each other")

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._opened():
            if self._noted is None and self._all:
                raise StorageError(
                    f"{self}: is not empty and holds no backup (it has {self._all[0].name}, and no {NOTE}); use another"
                    " prefix"
                )
            notes = (each.name for each in self._all if each.name.endswith(f"/{NOTE}"))
            if inner := next((name for name in notes if name.startswith((ARCHIVE, EVENTS))), None):
                raise StorageError(f"{self}/{inner}: is another backup's, among the files of this one; move that one")
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._opened():
            if self._note.end is None:
                begun = "it has no" if self._noted is None else "none was completed, says"
                raise StorageError(f"{self}: holds no backup: {begun} {NOTE}")
            if self._catalog not in self.files.keys:
                raise StorageError(f"{self}: the backup's catalog, which {NOTE} names, is missing; back up again")
            with self.files.open(self._catalog) as stored, self.catalog.open("wb") as file:
                shutil.copyfileobj(stored, file)
            require_ledger(self.catalog)
            yield
            if lost := [key for key in self._note.files if key not in self._found]:
                more = f", and so are {len(lost) - 1} more" if len(lost) > 1 else ""
                raise StorageError(
                    f"{self}/{lost[0]}: is missing or not whole, although {NOTE} names it{more}; everything else was"
                    " restored: `newsledger verify --archive` says what is not there"
                )

    def first_append(self) -> str | None:
        return self._note.first_append

    def end(self) -> End | None:
        return self._note.end

    def note(self, first_append: str | None) -> None:
        self._replace(msgspec.structs.replace(self._note, first_append=first_append))

    def complete(self, first_append: str | None, end: End, needed: Collection[str]) -> int:
        stat = self.copy.stat()
        with self.copy.open("rb") as file:
            self.files.write(self._catalog, file, (stat.st_size, stat.st_mtime_ns))
        files = {key for name, key in self.files.keys.items() if name in needed or not name.startswith(EVENTS)}
        self._replace(_Listing(first_append, end, tuple(sorted(files))))
        left = [key for key in self._found if key not in files]
        self._store.delete(left)
        return sum(key.startswith(EVENTS) for key in left)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Read what there is now."""
        with TemporaryDirectory(prefix="newsledger-") as folder, disk_errors(Path(folder)):
            self.catalog, self.copy = Path(folder, self._catalog), Path(folder, f"{self._catalog}.copying")
            self._noted, self._note = None, _Listing(None, None, ())
            # first backup.json, so that no object that another backup deletes meanwhile is taken for one of this list
            if self._store.find(NOTE):
                with self._store.open(NOTE) as file:
                    self._noted = file.read()
                try:
                    self._note = decoded(self._noted, _Listing)
                except msgspec.DecodeError as exc:
                    raise StorageError(
                        f"{self}/{NOTE}: is no note of a backup in S3 ({exc}); use another prefix"
                    ) from exc
            self._all = [each for each in self._store.objects() if each.name != NOTE]
            self._found = {each.name for each in self._all if _is_whole(each)}
            self.files = _Files(self._store, self._found, self._note.files)
            yield

    def _replace(self, note: _Listing) -> None:
        """Write backup.json. Raises LedgerLocked if another backup has written it meanwhile."""
        written = msgspec.json.encode(note) + b"\n"

        def change(file: IO[bytes]) -> None:
            if file.read() not in (self._noted, written):  # an answer may have been lost
                raise LedgerLocked(f"{self}: another backup was made here meanwhile; run the same again")
            file.seek(0)
            file.truncate()
            file.write(written)

        is_new = self._noted is None
        if is_new:
            try:
                self._store.create(NOTE, written)
            except ObjectChanged:
                is_new = False
        if not is_new:
            self._store.change(NOTE, change)
        self._noted, self._note = written, note


def _is_whole(found: StoredObject) -> bool:
    """True for an object that a backup here has written, and that still has its size. Those of others may lie below
    the same prefix, also other backups."""
    parts = _KEY.fullmatch(found.name)
    if parts is None or int(parts["size_bytes"]) != found.size_bytes or ".." in PurePosixPath(found.name).parts:
        return False
    return parts["name"].startswith((ARCHIVE, EVENTS)) or "/" not in parts["name"]


def _key(name: str, state: FileState) -> str:
    size_bytes, modified_at_ns = state
    return f"{name}.{size_bytes}-{max(0, modified_at_ns):019}"


def _parts(key: str) -> re.Match[str]:
    found = _KEY.fullmatch(key)
    assert found, "only objects of such keys are ours"
    return found
