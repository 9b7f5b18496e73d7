"""Named locks of this machine, as files, or of all machines of a cluster, in PostgreSQL.

Either kind is freed when its process ends, however it ends. A lock is tried again and again by who waits for it. It is
for one process at a time, or for many processes that share it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from filelock import FileLock, Timeout

from pipeline.errors import storage_errors
from pipeline.settings import Settings


class SharedLock(Protocol):
    """One lock. Raises StorageError if the disk or the server fails."""

    def try_acquire(self) -> bool:
        """Take the lock; False if somebody else has it, also in this process."""

    def release(self) -> None:
        """Free the lock, which must have been taken."""


class SharedLocks(Protocol):
    def lock(self, name: str) -> SharedLock:
        """The lock with this name, for one process at a time."""

    def share(self, name: str) -> SharedLock:
        """The same lock for many at a time: while they share it, nobody gets it alone, and the other way round."""


@contextmanager
def shared_locks(settings: Settings, folder: Path) -> Iterator[SharedLocks]:
    """Locks of this installation. On one machine, they are files in `folder`. At the end, all of them are free.

    Raises StorageError.
    """
    if settings.catalog is None:
        yield FileLocks(folder)
        return
    from pipeline import postgres  # what it imports is installed for a cluster only

    conninfo = settings.catalog.get_secret_value()
    with postgres.server_errors(conninfo), postgres.connect(conninfo) as session:
        yield postgres.DatabaseLocks(session, conninfo)


class FileLocks:
    """Locks of this machine: empty files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lock(self, name: str) -> SharedLock:
        return _File(self._folder / f"{name}.lock")

    def share(self, name: str) -> SharedLock:
        return _SharedFile(self._folder / f"{name}.lock")


class _File:
    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, FileLock(path)

    def try_acquire(self) -> bool:
        with storage_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def release(self) -> None:
        self._lock.release()


class _SharedFile:
    """A share of the lock that a FileLock with this path holds alone; filelock itself has no shared locks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: list[BinaryIO] = []

    def try_acquire(self) -> bool:
        with storage_errors(self._path), ExitStack() as stack:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(self._path.open("ab"))
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            stack.pop_all()
        self._files.append(file)
        return True

    def release(self) -> None:
        self._files.pop().close()
