"""Worker processes for the pure steps: the same results in the same order, whatever their number."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

FEW = 40
"""Below so many tasks the start of a process costs more than it saves."""
CHUNK = 4


def parallel_map(function: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[R]:
    """`function` of each task, in order. It must be importable and pure; it runs in up to `jobs` fresh processes."""
    if jobs == 1 or len(tasks) < FEW:
        yield from map(function, tasks)
        return
    # Not by fork: the parent holds DuckDB's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=min(jobs, len(tasks)), mp_context=context) as pool:
        yield from pool.map(function, tasks, chunksize=CHUNK)
