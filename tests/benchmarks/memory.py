"""Does memory grow with the number of pages? Measured in the worker processes that the steps use."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

import msgspec
import psutil

from pipeline.errors import PageError
from pipeline.extract.article import extract_page
from pipeline.workers import parallel_map

SAMPLE_EVERY = 20
"""Pages between two looks at the workers' memory."""
LINES = 20
JOBS = 2


class SavedPage(msgspec.Struct, frozen=True):
    """A page's file (gzip), address and time of capture."""

    file: Path
    url: str
    captured_at: datetime


def measure_memory(pages: Sequence[SavedPage], count: int) -> None:
    """Extract `count` pages, the given ones again and again, and print resident memory on the way.

    A worker is replaced after some pages, so it is the largest one since the line before that tells of growth.
    """
    this, largest = psutil.Process(), 0.0
    for done, _ in enumerate(parallel_map(extract_saved, list(islice(cycle(pages), count)), JOBS), start=1):
        if done % SAMPLE_EVERY == 0:
            largest = max(largest, *map(resident_mb, this.children(recursive=True)))
        if done % max(1, count // LINES) == 0:
            print(f"{done:>6} pages  parent {resident_mb(this):4.0f} MB  largest worker {largest:4.0f} MB", flush=True)
            largest = 0.0


def extract_saved(page: SavedPage) -> bytes:
    """What a worker hands back for a page: the extraction as JSON, nothing where it gives none."""
    body = gzip.decompress(page.file.read_bytes())
    try:
        return msgspec.json.encode(extract_page(body, url=page.url, captured_at=page.captured_at))
    except PageError:
        return b""


def resident_mb(process: psutil.Process) -> float:
    """Resident memory in megabytes, 0 when the process is gone."""
    try:
        return process.memory_info().rss / 1e6
    except psutil.NoSuchProcess:
        return 0.0
