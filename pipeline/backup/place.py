"""The place of a backup: a folder here, a part of a bucket in `pipeline.backup.bucket`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import msgspec
from filelock import FileLock, Timeout

from pipeline.copying import EVENTS, FileTree, LocalTree
from pipeline.errors import LedgerLocked, StorageError
from pipeline.json_files import decoded
from pipeline.ledger import Ledger
from pipeline.ledger.disk import disk_errors, fsync
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.ledger.session import connect
from pipeline.settings import Settings

NOTE = "backup.json"
"""The file that says whose backup it is. Nothing is written into a place that has other files and not this one."""
_NOTE_COPY = f"{NOTE}.copying"
_LOCK = "backup.lock"
_NOBODYS = re.compile(
    rf"{re.escape(_LOCK)}|{re.escape(_NOTE_COPY)}|lost\+found|System Volume Information|\$RECYCLE\.BIN"
    r"|\.Trash(?:es|-\d+)?|\.Spotlight-V100|\.fseventsd|\.DS_Store"
)
"""Names in a folder that counts as empty: what an interrupted backup leaves, and what systems put into the root of
each disk, as on ext4, Windows, Linux desktops and macOS."""
_DATA_FILES = "main/*/ducklake-*.parquet"
"""The files of events, by DuckLake's names."""


class End(msgspec.Struct, frozen=True):
    """The end of the ledger that a backup holds."""

    position: int
    digest: str


class BackupPlace(Protocol):
    """Everything raises StorageError. `str()` of it names the place in messages.

    Use the other methods within `writing` or `reading`.
    """

    @property
    def files(self) -> FileTree:
        """All that a restore copies: the files of the backup that is complete, and those that were written since."""

    @property
    def catalog(self) -> Path:
        """The catalog of the backup that is complete, on this machine."""

    @property
    def copy(self) -> Path:
        """The catalog of the backup that is being made, on this machine."""

    def require_apart(self, settings: Settings) -> None:
        """Raises StorageError if backup and installation contain each other."""

    def writing(self) -> AbstractContextManager[object]:
        """Raises StorageError if there is something that no backup has written, LedgerLocked if another one is made."""

    def reading(self) -> AbstractContextManager[object]:
        """Raises StorageError or LedgerError if there is no backup that is complete."""

    def first_append(self) -> str | None:
        """The noted digest of the ledger's first append, which no other ledger has; None if it had none."""

    def end(self) -> End | None:
        """None if no backup is complete."""

    def note(self, first_append: str | None) -> None:
        """Make the place one of this ledger's backup."""

    def complete(self, first_append: str | None, end: End, needed: Collection[str]) -> int:
        """Put the copied catalog in place of the one before, with the files that are written. Then delete the files of
        events that are not needed, and return their number."""


def require_ledger(catalog: Path) -> None:
    """Raises StorageError or LedgerError unless it is one of a ledger, so that nothing is copied of what is none."""
    found = LocalCatalog(catalog)
    with found.storage_errors():
        found.prepare()
        connect(found).close()


class _Note(msgspec.Struct, frozen=True):
    first_append: str | None


class FolderBackup:
    """A backup with the layout of a data directory. The catalog gets its name last, by a rename."""

    def __init__(self, folder: Path, catalog: str) -> None:
        self._folder, self.files = folder, LocalTree(folder)
        self.catalog, self.copy = folder / catalog, folder / f"{catalog}.copying"

    def __str__(self) -> str:
        return str(self._folder)

    def require_apart(self, settings: Settings) -> None:
        if _contains(settings.data, self._folder) or _contains(self._folder, settings.data):
            raise StorageError(f"{self}: the backup and the data directory {settings.data} must not contain each other")

    @contextmanager
    def writing(self) -> Iterator[None]:
        with disk_errors(self._folder):
            if self._folder.exists() and not (self._folder / NOTE).exists():
                foreign = sorted(path.name for path in self._folder.iterdir() if not _NOBODYS.fullmatch(path.name))
                if foreign:
                    raise StorageError(
                        f"{self}: is not empty and holds no backup (it has {foreign[0]}, and no {NOTE}); use an empty"
                        " folder"
                    )
            with self._alone():
                yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        if not LocalCatalog(self.catalog).exists():
            raise StorageError(f"{self}: holds no backup: it has no {self.catalog.name}, or an empty one")
        require_ledger(self.catalog)
        # no lock can be taken in a write-protected folder, and nobody backs up into it
        with self._alone() if os.access(self._folder, os.W_OK) else nullcontext():
            yield

    def first_append(self) -> str | None:
        note = self._folder / NOTE
        try:
            return decoded(note.read_bytes(), _Note).first_append if note.exists() else None
        except msgspec.DecodeError as exc:
            raise StorageError(f"{note}: is no note of a backup ({exc}); use another folder") from exc

    def end(self) -> End | None:
        if not Ledger.exists(self.catalog):
            return None
        with Ledger.open(self.catalog) as ledger:
            head = ledger.head()
        return End(head.position, head.digest)

    def note(self, first_append: str | None) -> None:
        (copy := self._folder / _NOTE_COPY).write_bytes(msgspec.json.encode(_Note(first_append)) + b"\n")
        copy.replace(self._folder / NOTE)

    def complete(self, first_append: str | None, end: End, needed: Collection[str]) -> int:
        fsync(self.copy)
        for log in ("-wal", "-shm"):  # a killed process may have left them
            self.catalog.with_name(f"{self.catalog.name}{log}").unlink(missing_ok=True)
        self.copy.replace(self.catalog)
        left = {*(self._folder / EVENTS).glob(_DATA_FILES)} - {self._folder / name for name in needed}
        for path in left:
            path.unlink()
        fsync(self._folder)
        return len(left)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / _LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout as exc:
            raise LedgerLocked(f"{self}: another backup or restore is using this folder") from exc
        try:
            yield
        finally:
            lock.release()


def _contains(folder: Path, other: Path) -> bool:
    """True if `other` is the folder or lies in it, by whatever names: links and bind mounts lead to the same folder."""
    other = other.resolve()
    return any(each.exists() and folder.exists() and each.samefile(folder) for each in (other, *other.parents))
