"""Worker processes for the pure steps: the same results in the same order, whatever their number.

A task that hangs, or whose process dies, costs itself only: the bounds are enforced from outside of what it runs.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TaskTimeout
from contextlib import contextmanager
from functools import partial
from itertools import islice
from types import ModuleType
from typing import TypeVar

import msgspec
from pebble import ProcessExpired, ProcessFuture, ProcessPool

T = TypeVar("T")
R = TypeVar("R")

TASKS_PER_PROCESS = 500
"""Then it is replaced by a fresh one, so that no leak of a library grows with the archive."""
_AHEAD = 8
"""So many tasks a process are handed out before their turn; results are kept no longer than until theirs."""
_TASKS_WORTH_A_PROCESS = 20
_PRELOADED = "pipeline.steps.preloaded"


class Bounds(msgspec.Struct, frozen=True):
    """What one task may use."""

    seconds: float = 60
    memory_bytes: int = 4_000_000_000
    """Of address space, by the whole process."""


class Lost(msgspec.Struct, frozen=True):
    """A task that gave no result. `reason` is `timeout` or `died`."""

    reason: str
    detail: str


def parallel_map(
    function: Callable[[T], R],
    tasks: Sequence[T],
    jobs: int,
    bounds: Bounds = Bounds(),  # noqa: B008  # it is frozen
) -> Iterator[R | Lost]:
    """`function` of each task, in order, in up to `jobs` processes. It must be importable and pure.

    What it raises is raised here; what exceeds the bounds is Lost.
    """
    if not tasks:
        return
    # Not by fork from here: this process holds DuckDB's threads. The server they are forked from is a clean one.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED])
    workers = min(jobs, -(-len(tasks) // _TASKS_WORTH_A_PROCESS))
    pool = ProcessPool(
        max_workers=workers,
        max_tasks=TASKS_PER_PROCESS,
        context=context,
        initializer=_limit_memory,
        initargs=(bounds.memory_bytes,),
    )
    with _without_main(), _stopped(pool):
        schedule = partial(pool.schedule, function, timeout=bounds.seconds)
        waiting = iter(tasks)
        under_way = deque(schedule(args=(task,)) for task in islice(waiting, workers * _AHEAD))
        while under_way:
            outcome = _result(under_way.popleft(), bounds)
            yield outcome
            under_way.extend(schedule(args=(task,)) for task in islice(waiting, 1))


@contextmanager
def _without_main() -> Iterator[None]:
    """A new process imports the main script of the one that starts it; ours need nothing of it, and Airflow's cannot be
    imported inside of a task."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _stopped(pool: ProcessPool) -> Iterator[None]:
    try:
        yield
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _result(future: ProcessFuture[R], bounds: Bounds) -> R | Lost:
    try:
        result: R = future.result()
    except TaskTimeout:
        return Lost("timeout", f"not done within {bounds.seconds:g} seconds")
    except ProcessExpired as exc:
        return Lost("died", f"its process ended with status {exc.exitcode}")
    except MemoryError:
        return Lost("died", f"it needs more than {bounds.memory_bytes / 1e9:g} GB")
    return result


def _limit_memory(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
