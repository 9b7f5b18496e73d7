"""What every run on this machine knows of a host: one small file each, so that runs side by side share its budget."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import msgspec

from pipeline.errors import storage_errors

_FILE_BYTES = 256
_STEM_CHARS = 180


def file_stem(name: str) -> str:
    """The beginning of the names of a host's files: its own name, cut where a file system could not hold it."""
    stem = quote(name, safe="")
    return stem if len(stem) <= _STEM_CHARS else f"{stem[:_STEM_CHARS]}-{sha256(stem.encode()).hexdigest()[:16]}"


class HostMemory(msgspec.Struct):
    """How a host has been asked and what it answered."""

    last_asked_at: float = 0.0
    """Seconds since the epoch by the machine's clock, which all processes share."""
    slowed: int = 1
    """So many times less often than its budget is it asked, because it was overloaded."""
    calm: int = 0
    """So many good answers in a row since then."""
    refusals: int = 0
    """So many answers in a row that it is overloaded."""
    held_until: datetime | None = None
    """Not asked before, by the run's clock."""

    def asked(self) -> None:
        """It is asked now."""
        self.last_asked_at = time.time()

    @property
    def seconds_since_asked(self) -> float:
        """A moment that lies ahead was written before the clock was set back, and says nothing."""
        seconds = time.time() - self.last_asked_at
        return seconds if seconds >= -1 else float("inf")


class HostFile:
    """The memory of the host `name` below `folder`, and its slots: as many connections to it as all runs may have."""

    def __init__(self, folder: Path, name: str, slots: int) -> None:
        stem = file_stem(name)
        self._path = folder / f"{stem}.json"
        self._slots = [folder / f"{stem}.{number}.slot" for number in range(1, slots + 1)]

    @contextmanager
    def memory(self) -> Iterator[HostMemory]:
        """The memory, kept from other processes until its changes are written. Raises StorageError.

        A file that was cut off by a crash is as good as none.
        """
        with ExitStack() as stack:
            file = stack.enter_context(_locked(self._path, fcntl.LOCK_EX))
            written = os.pread(file, _FILE_BYTES, 0)
            memory = HostMemory()
            with suppress(msgspec.DecodeError):
                memory = msgspec.json.decode(written, type=HostMemory)
            yield memory
            changed = msgspec.json.encode(memory).ljust(_FILE_BYTES)  # always as long, since cutting a file takes time
            if changed != written:
                with storage_errors(self._path):
                    os.pwrite(file, changed, 0)

    def take_slot(self) -> ExitStack | None:
        """A connection's slot, to be closed after use; None where runs side by side have them all."""
        for path in self._slots:
            with suppress(BlockingIOError), ExitStack() as stack:
                stack.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
                return stack.pop_all()
        return None

    def take_all_slots(self) -> ExitStack | None:
        """As `take_slot`, but all of them, so that nobody else is connected meanwhile."""
        with suppress(BlockingIOError), ExitStack() as stack:
            for path in self._slots:
                stack.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
            return stack.pop_all()
        return None


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    """The open file, locked until it is closed, also by the process's end. Raises BlockingIOError, StorageError."""
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
