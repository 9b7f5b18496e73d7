"""The lock of a local Airflow's folder. Its components inherit it, so it is held until the last of them has ended."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from pipeline.errors import SettingsError


@contextmanager
def only_one_airflow(home: Path) -> Iterator[int]:
    """Hold the lock of this folder: two schedulers on one database let tasks fail. Returns the lock's descriptor.

    Raises SettingsError, naming the processes that hold it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "standalone.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holders = ", ".join(map(str, _processes_with(Path(lock.name)))) or "of another user"
            raise SettingsError(f"{home}: an Airflow runs there already; stop its processes: {holders}") from exc
        yield lock.fileno()


def _processes_with(path: Path) -> list[int]:
    """The other processes that have this file open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and str(path.resolve()) in {file.path for file in process.open_files()}:
                found.append(process.pid)
    return found
