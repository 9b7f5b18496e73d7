"""Disk space and memory that articles take: `python -m tests.benchmarks.sizing [100x10 500x6 …]`.

100x10 are 100 made-up outlets with 10 pages of 4,000 characters each. For each size, `newsledger ingest` collects them
into a new data directory. Prints the megabytes of each file and folder afterwards, the largest size that the directory
had, and the most memory: of the command's process, and of all its processes together, each page of memory counted once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.benchmarks.airflow import outlets
from tests.worlds.running import COMMAND

SIZES = ("100x10", "500x6")
_SECONDS_BETWEEN_LOOKS = 0.3


def measure(environment: Mapping[str, str], data: Path) -> dict[str, float]:
    """Megabytes by name, after one ingest."""
    process = subprocess.Popen(
        [COMMAND, "ingest"], env=os.environ | environment | {"NEWSLEDGER_DATA": str(data)}, stderr=subprocess.DEVNULL
    )
    found = {"the process": 0.0, "all processes": 0.0, "disk at most": 0.0}
    while True:
        try:
            status: int | None = process.wait(_SECONDS_BETWEEN_LOOKS)
        except subprocess.TimeoutExpired:
            status = None
        if status is not None:
            assert status == 0
            return found | {path.name: _megabytes(path) for path in sorted(data.iterdir())}
        own, together = _memory(process.pid)
        now = {"the process": own, "all processes": together, "disk at most": _megabytes(data)}
        found = {name: max(megabytes, now[name]) for name, megabytes in found.items()}


def _memory(pid: int) -> tuple[float, float]:
    """Megabytes of the process, and of it and its descendants with what they share counted once."""
    own = together = 0.0
    try:
        main = psutil.Process(pid)
        for process in (main, *main.children(recursive=True)):
            memory = process.memory_full_info()
            own += memory.rss / 1e6 if process == main else 0
            together += memory.pss / 1e6
    except psutil.NoSuchProcess:  # one of them has just ended
        pass
    return own, together


def _megabytes(path: Path) -> float:
    """A file may vanish meanwhile: the ledger's and dbt's are replaced."""
    found = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        try:
            found += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return found / 1e6


if __name__ == "__main__":
    for size in sys.argv[1:] or SIZES:
        count, pages = map(int, size.split("x"))
        with tempfile.TemporaryDirectory() as name, outlets(count, pages, Path(name)) as environment:
            measured = measure(environment, Path(name) / "data")
        print(size, "  ".join(f"{what} {megabytes:.1f}" for what, megabytes in measured.items()), flush=True)
