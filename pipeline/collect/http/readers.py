"""Worker processes for an event loop: what was fetched is read in them, within limits of time and memory."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from pipeline.workers import READING, Bounds, Lost, Task, WorkerProcess, fork_server

P = ParamSpec("P")
R = TypeVar("R")

MAX_LOST = 3
"""After this many lost tasks of one origin, `Workers` takes no more tasks of it. This bounds what it costs a run."""
MAX_UNREAD = 4
"""After this many waiting tasks of one origin, `Workers.room` waits. An answer may have 53 MB."""
PROCESSES = 4
"""Processes of `Workers`: more than most machines need to be busy, because some may be occupied by a bad task."""


class TaskLost(Exception):
    """A task of `Workers` has no result. `lost` says why."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.detail)
        self.lost = lost


class OriginBarred(Exception):
    """Too many tasks of this origin were lost, so no further one is started."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"{origin}: {MAX_LOST} of its answers could not be read within the limits")


class Workers:
    """Processes that read what was fetched. Use as an async context manager; a process starts when it is needed.

    The tasks of one origin run one after the other. So an origin whose bytes are slow to read occupies one process.
    """

    def __init__(self, *, bounds: Bounds = READING, processes: int = PROCESSES) -> None:
        self._context = fork_server()
        self._bounds = bounds
        self._threads = ThreadPoolExecutor(processes, "worker")
        self._places = asyncio.Semaphore(processes)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._idle: list[WorkerProcess] = []
        self._lost: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """End the processes. No task may be under way, except cancelled ones."""
        for process in self._idle:
            process.kill()
        self._threads.shutdown()

    def require_open(self, origin: str) -> None:
        """Raises OriginBarred if too many tasks of this origin were lost."""
        if self._lost[origin] >= MAX_LOST:
            raise OriginBarred(origin)

    async def run(self, origin: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the function, which must be importable and pure. Its exceptions are raised here.

        `origin` names who is to blame if the task is lost, for example the site that sent the bytes. Raises TaskLost
        and OriginBarred.
        """
        self._unread[origin] += 1
        try:
            async with self._turns[origin]:
                self.require_open(origin)
                async with self._places:
                    outcome = await self._run(Task(function, args, kwargs))
                if isinstance(outcome, Lost):
                    self._lost[origin] += 1
                    raise TaskLost(outcome)
        finally:
            self._unread[origin] -= 1
        result: R = outcome
        return result

    async def room(self, origin: str) -> None:
        """Wait until few tasks of this origin wait for their turn. Call it before another answer is fetched: what is
        fetched faster than it is read fills the memory."""
        if self._unread[origin] >= MAX_UNREAD:
            async with self._turns[origin]:  # it is given in the order in which it was asked for
                pass

    async def _run(self, task: Task) -> Any:
        process = self._idle.pop() if self._idle else WorkerProcess(self._context, self._bounds)
        try:
            outcome = await asyncio.get_running_loop().run_in_executor(self._threads, process.outcome, task)
        except asyncio.CancelledError:
            process.kill()
            raise
        except BaseException:
            self._idle.append(process)
            raise
        self._idle.append(process)
        return outcome
