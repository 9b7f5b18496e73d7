"""The files through which all processes on this machine share the budget of a host.

A host has one small file of what is known about it, its memory, and one empty file per connection slot. A process that
holds the lock of a slot file may have one connection to the host. The system releases all locks of a process that ends,
however it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec

from pipeline.errors import storage_errors
from pipeline.json_files import decoded

_MEMORY_BYTES = 256
"""Length of a memory file. It is constant because shortening a file takes time."""
_STEM_CHARS = 180


def file_stem(name: str) -> str:
    """The beginning of the names of a host's files: its own name, shortened if a file system could not store it."""
    stem = quote(name, safe="")
    return stem if len(stem) <= _STEM_CHARS else f"{stem[:_STEM_CHARS]}-{sha256(stem.encode()).hexdigest()[:16]}"


class HostMemory(msgspec.Struct):
    """What is known about a host: when requests were sent and how it answered."""

    last_asked_at: float = 0.0
    """When the last request began, in seconds since the epoch by the machine's clock, which all processes share."""
    slowed: int = 1
    """Factor by which the interval between requests is longer than the budget's, because the host was overloaded."""
    calm: int = 0
    """Number of good answers in a row since it was overloaded."""
    refusals: int = 0
    """Number of answers in a row that said that it is overloaded."""
    held_until: datetime | None = None
    """No request is sent before this time, by the run's clock."""

    def note_request(self) -> None:
        """Note that a request begins now."""
        self.last_asked_at = time.time()

    @property
    def seconds_since_asked(self) -> float:
        """Infinite if the last request seems to lie in the future: then the clock was set back since."""
        seconds = time.time() - self.last_asked_at
        return seconds if seconds >= -1 else float("inf")


class HostRecord(Protocol):
    """What processes share about one host: its memory, and the slots for its connections."""

    def memory(self) -> AbstractContextManager[HostMemory]:
        """The memory, locked until its changes are written. Raises StorageError."""

    def take_slot(self) -> ExitStack | None:
        """A slot for one connection; close it after use. None if all are taken."""

    def take_all_slots(self) -> ExitStack | None:
        """All slots, so that no other process has a connection at the same time. None if one of them is taken."""


class HostRecords(Protocol):
    """Where the records of hosts are: files here, or rows of a database in `host_rows`."""

    def host(self, name: str, slots: int) -> HostRecord:
        """The record of this host, which allows this number of connections."""

    def close(self) -> None: ...


class HostFiles:
    """The records in this folder, which all processes of this machine share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def host(self, name: str, slots: int) -> HostRecord:
        return HostFile(self._folder, name, slots)

    def close(self) -> None:
        """A file is open only while its lock is held."""


class HostFile:
    """The memory of the host `name` and its slots, as files in `folder`. `slots` is the number of connections for all
    runs."""

    def __init__(self, folder: Path, name: str, slots: int) -> None:
        stem = file_stem(name)
        self._path = folder / f"{stem}.json"
        self._slots = [folder / f"{stem}.{number}.slot" for number in range(1, slots + 1)]

    @contextmanager
    def memory(self) -> Iterator[HostMemory]:
        """A file that cannot be read, because a crash cut it off, counts as empty."""
        with ExitStack() as stack:
            file = stack.enter_context(_locked(self._path, fcntl.LOCK_EX))
            written = os.pread(file, _MEMORY_BYTES, 0)
            memory = HostMemory()
            with suppress(msgspec.DecodeError):
                memory = decoded(written, HostMemory)
            yield memory
            changed = msgspec.json.encode(memory).ljust(_MEMORY_BYTES)
            if changed != written:
                with storage_errors(self._path):
                    os.pwrite(file, changed, 0)

    def take_slot(self) -> ExitStack | None:
        for path in self._slots:
            with suppress(BlockingIOError), ExitStack() as stack:
                stack.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
                return stack.pop_all()
        return None

    def take_all_slots(self) -> ExitStack | None:
        with suppress(BlockingIOError), ExitStack() as stack:
            for path in self._slots:
                stack.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
            return stack.pop_all()
        return None


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    """The open file with a lock. Raises BlockingIOError, StorageError."""
    with storage_errors(path):
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, how)
        yield file
    finally:
        os.close(file)
