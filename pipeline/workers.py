"""Worker processes: foreign bytes are read in them, within limits of time and memory.

A task that hangs, or whose process dies, loses only its own result: the kernel keeps the limits, so they also hold
inside a C library. The pure steps give all their tasks to `parallel_map` and get the results in order. The steps that
fetch have an event loop; see `pipeline.collect.http.readers`.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import resource
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

import msgspec

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

TASKS_PER_PROCESS = 500
"""A process is replaced after this many tasks, so that a memory leak in a library cannot grow with the archive."""

_PRELOADED: list[str] = []
"""What `preload` has named. It is global, because multiprocessing has one fork server for the whole process."""
_TIMERS = (signal.SIGPROF, signal.SIGALRM)
"""The signals that end a process when its task has used up the time of the processor, or the time of the clock."""
_WAITING = 6
"""Factor by which a task may take longer by the clock than by the processor's time."""
_AHEAD = 8
"""Tasks per process that are handed out in advance. It bounds how many results wait for an earlier, slower task."""
_TASKS_WORTH_A_PROCESS = 20
"""One process is started per this many tasks: for fewer, starting it takes longer than the tasks."""


def preload(*modules: str) -> None:
    """Name modules that the worker processes of this program need. Call it before the first task; calls add up.

    One server process imports them, once, and all worker processes are forked from it. A worker imports what was not
    named itself, which takes time again in each of them.
    """
    _PRELOADED.extend(modules)
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)


class Bounds(msgspec.Struct, frozen=True):
    """Maximum time and memory of one task."""

    seconds: float = 60
    """Time of the processor, so that a busy machine loses no task. A task that only waits has six times as long."""
    memory_bytes: int = 4_000_000_000
    """Address space of the whole process (RLIMIT_AS)."""


READING = Bounds(seconds=10, memory_bytes=2_000_000_000)
"""For one page, feed or other answer. The longest sitemap that the protocol allows takes about 3 seconds."""


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
    context = fork_server()
    workers = min(jobs, -(-len(tasks) // _TASKS_WORTH_A_PROCESS))
    processes = [WorkerProcess(context, bounds) for _ in range(workers)]
    idle: SimpleQueue[WorkerProcess] = SimpleQueue()
    for process in processes:
        idle.put(process)

    def outcome(task: T) -> R | Lost:
        process = idle.get()
        try:
            done: R | Lost = process.outcome(Task(function, (task,), {}))
            return done
        finally:
            idle.put(process)

    threads = ThreadPoolExecutor(workers, "worker")
    try:
        waiting = iter(tasks)
        under_way = deque(threads.submit(outcome, task) for task in islice(waiting, workers * _AHEAD))
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(threads.submit(outcome, task) for task in islice(waiting, 1))
    finally:
        for process in processes:
            process.kill()
        threads.shutdown(cancel_futures=True)
        for process in processes:
            process.close()


def fork_server() -> ForkServerContext:
    """Where worker processes come from: a process without threads.

    A fork of this process would copy DuckDB's locked mutexes without its threads. A process has one such server, for
    the tasks of all steps.
    """
    this = multiprocessing.current_process()
    if this.daemon:
        # A process of Celery's pool (billiard): marked so that it may start no process, with a key that cannot be sent.
        this.daemon = False
        ForkingPickler.register(type(this.authkey), _plain_key)
    return multiprocessing.get_context("forkserver")


def _plain_key(key: bytes) -> tuple[type[bytes], tuple[bytes]]:
    return bytes, (bytes(key),)


class Task(msgspec.Struct, frozen=True):
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class WorkerProcess:
    """A worker process, started by its first task and again after it has ended. It has one task at a time."""

    def __init__(self, context: ForkServerContext, bounds: Bounds) -> None:
        self._context, self._bounds = context, bounds
        self._running: tuple[ForkServerProcess, Connection] | None = None
        self._tasks = 0
        self._is_killed = False
        self._changing = threading.Lock()

    def outcome(self, task: Task) -> Any:
        """The result of the task, or Lost. Raises the exception of the task."""
        asked = pickle.dumps(task)
        connection = self._started()
        try:
            connection.send_bytes(asked)
            answered = connection.recv_bytes()
        except (EOFError, OSError):
            return self._lost()
        if self._tasks >= TASKS_PER_PROCESS:
            self.close()
        outcome = pickle.loads(answered)  # noqa: S301  # our own process wrote it
        if isinstance(outcome, _Raised):
            raise outcome.error()
        return outcome

    def kill(self) -> None:
        """End the process, also while another thread waits for its outcome. It does not start again."""
        with self._changing:
            self._is_killed = True
            if self._running is not None:
                self._running[0].kill()
                self._running[0].join()

    def close(self) -> int | None:
        """End the process, give its descriptors back, and return its exit status. No task may be under way."""
        with self._changing:
            if self._running is None:
                return None
            process, connection = self._running
            self._running = None
            connection.close()
            process.kill()
            process.join()
            status = process.exitcode
            process.close()  # otherwise only the garbage collector closes its pipes
            return status

    def _started(self) -> Connection:
        with self._changing:
            if self._running is None:
                here, there = self._context.Pipe()
                process = self._context.Process(target=_serve, args=(there, self._bounds), daemon=True)
                with _without_main(), _without_interrupts():
                    process.start()
                there.close()
                self._running, self._tasks = (process, here), 0
                if self._is_killed:
                    process.kill()
            self._tasks += 1
            return self._running[1]

    def _lost(self) -> Lost:
        status = self.close()
        if status in {-timer for timer in _TIMERS}:
            return Lost("timeout", f"not done within {self._bounds.seconds:g} seconds")
        return Lost("died", f"its process ended with status {status}")


class _Raised(msgspec.Struct, frozen=True):
    """An exception of a task, in parts: pickle would call its class with its message alone."""

    kind: type[Exception]
    args: tuple[Any, ...]
    fields: dict[str, Any]

    def error(self) -> Exception:
        made = self.kind.__new__(self.kind, *self.args)
        made.__dict__.update(self.fields)
        return made


def _serve(connection: Connection, bounds: Bounds) -> None:
    """What a worker process does: answer tasks until the other end is closed.

    The kernel ends the process at the end of a task's time, also in a C library and if its parent has died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for timer in _TIMERS:
        signal.signal(timer, signal.SIG_DFL)
    gc.freeze()  # what was loaded before stays shared: collections do not visit it
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
    while True:
        try:
            asked = connection.recv_bytes()
        except (EOFError, OSError):  # the parent has ended
            return
        task: Task = pickle.loads(asked)  # noqa: S301  # the parent wrote it
        signal.setitimer(signal.ITIMER_PROF, bounds.seconds)
        signal.setitimer(signal.ITIMER_REAL, _WAITING * bounds.seconds)
        try:
            answered = _answer(task)
        except MemoryError:
            answered = pickle.dumps(Lost("died", f"it needs more than {bounds.memory_bytes / 1e9:g} GB"))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            connection.send_bytes(answered)
        except OSError:  # the parent has ended
            return


def _answer(task: Task) -> bytes:
    try:
        return pickle.dumps(task.function(*task.args, **task.kwargs))
    except MemoryError:
        raise
    except Exception as exc:  # noqa: BLE001  # the parent raises it
        try:
            return pickle.dumps(_Raised(type(exc), exc.args, exc.__dict__))
        except Exception:  # noqa: BLE001  # something in it cannot be pickled
            return pickle.dumps(_Raised(RuntimeError, (f"{type(exc).__name__}: {exc}",), {}))


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep ctrl-C, which reaches the whole group, from the fork server, which inherits this: it would end with a
    traceback while it imports what `preload` has named. It ends with this process, as its workers do.

    multiprocessing starts its resource tracker first, which would allow the signal again.
    """
    resource_tracker.ensure_running()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


_STARTING = threading.Lock()


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module from a new process. multiprocessing imports it there; the workers do not need it, and
    Airflow's main script cannot be imported while a task runs."""
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
