"""Worker processes for the pure steps. Results come in the order of the tasks, for any number of processes.

A task that hangs or whose process dies loses only its own result: time and memory are bounded from outside the task.
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
"""A process is replaced after this many tasks, so that a memory leak in a library cannot grow with the archive."""
_AHEAD = 8
"""Tasks per process that are handed out in advance. It bounds how many results wait for an earlier, slower task."""

_TASKS_WORTH_A_PROCESS = 20
"""One process is started per this many tasks: for fewer, starting it takes longer than the tasks."""
_PRELOADED = "pipeline.steps.preloaded"


class Bounds(msgspec.Struct, frozen=True):
    """Maximum time and memory of one task."""

    seconds: float = 60
    memory_bytes: int = 4_000_000_000
    """Address space of the whole process (RLIMIT_AS)."""


class Lost(msgspec.Struct, frozen=True):
    """A task without a result. `reason` is `timeout` or `died`."""

    reason: str
    detail: str


def parallel_map(
    function: Callable[[T], R],
    tasks: Sequence[T],
    jobs: int,
    bounds: Bounds = Bounds(),  # noqa: B008  # it is frozen
) -> Iterator[R | Lost]:
    """Apply `function` to each task, in up to `jobs` processes, and yield the results in order.

    The function must be importable and pure. Its exceptions are raised here; a task that exceeds the bounds gives Lost.
    """
    if not tasks:
        return
    # A fork of this process would copy DuckDB's locked mutexes without its threads; the fork server has no threads.
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
    """Hide the main module from new processes. multiprocessing imports it in each of them; the workers do not need it,
    and Airflow's main script cannot be imported while a task runs."""
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
