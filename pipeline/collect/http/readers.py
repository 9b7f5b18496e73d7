"""Worker processes for an event loop: what was fetched is read in them, within limits of time and memory."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from time import monotonic
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import msgspec

from pipeline.workers import READING, Bounds, Lost, Task, WorkerProcess, fork_server

P = ParamSpec("P")
R = TypeVar("R")

MAX_LOST = 3
"""After this many lost tasks of one site, `Workers` takes no more tasks of it. This bounds what it costs a run."""
MAX_LOST_OF_SOURCE = 12
"""The same for one source, whose items may lead to many sites: about two minutes of the processor."""
MAX_UNREAD = 4
"""After this many waiting tasks of one site, `Workers.room` waits. An answer may have 53 MB."""
PROCESSES = 4
"""Processes of `Workers`: more than most machines need to be busy, because some may be occupied by a bad task."""


class Origin(msgspec.Struct, frozen=True):
    """Who is to blame if a task is lost."""

    site: str
    """The site that sent the bytes."""
    source: str = ""
    """The source for which they were fetched; empty if there is no other work beside it."""


class TaskLost(Exception):
    """A task of `Workers` has no result. `lost` says why."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.detail)
        self.lost = lost


class OriginBarred(Exception):
    """Too many tasks of this site or source were lost, so no further one is started."""

    def __init__(self, name: str, lost: int) -> None:
        super().__init__(f"{name}: {lost} of its answers could not be read within the limits")


class _Places:
    """Places for tasks. A free one is given to the waiting source whose tasks have occupied places for the least time,
    and no source has more than half of them. So one source whose answers are slow to read does not delay the others."""

    def __init__(self, places: int) -> None:
        self._free, self._most = places, max(1, places // 2)
        self._occupied: Counter[str] = Counter()
        self._used_seconds: defaultdict[str, float] = defaultdict(float)
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def place(self, source: str) -> AsyncIterator[None]:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((source, turn))
        self._give()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(source)
            raise
        began = monotonic()
        try:
            yield
        finally:
            self._used_seconds[source] += monotonic() - began
            self._leave(source)

    def _leave(self, source: str) -> None:
        self._free += 1
        self._occupied[source] -= 1
        self._give()

    def _give(self) -> None:
        self._waiting = [waiting for waiting in self._waiting if not waiting[1].done()]
        while self._free:
            allowed = [waiting for waiting in self._waiting if self._occupied[waiting[0]] < self._most]
            if not allowed:
                return
            chosen = source, turn = min(allowed, key=lambda waiting: self._used_seconds[waiting[0]])
            self._waiting.remove(chosen)
            self._free -= 1
            self._occupied[source] += 1
            turn.set_result(None)


class Workers:
    """Processes that read what was fetched. Use as an async context manager; a process starts when it is needed.

    The tasks of one site run one after the other, so a site whose bytes are slow to read occupies one process. Those of
    one source occupy at most half of the processes.
    """

    def __init__(self, *, bounds: Bounds = READING, processes: int = PROCESSES) -> None:
        self._context = fork_server()
        self._bounds = bounds
        self._threads = ThreadPoolExecutor(processes, "worker")
        self._places = _Places(processes)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._idle: list[WorkerProcess] = []
        self._lost: Counter[str] = Counter()
        self._lost_of_source: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """End the processes. No task may be under way, except cancelled ones."""
        self._threads.shutdown()
        for process in self._idle:
            process.close()

    def _require_open(self, origin: Origin) -> None:
        if self._lost[origin.site] >= MAX_LOST:
            raise OriginBarred(origin.site, MAX_LOST)
        if self._lost_of_source[origin.source] >= MAX_LOST_OF_SOURCE:
            raise OriginBarred(origin.source, MAX_LOST_OF_SOURCE)

    async def run(self, origin: Origin, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the function, which must be importable and pure. Its exceptions are raised here.

        Raises TaskLost, and OriginBarred if too many tasks of the site or of the source were lost before.
        """
        self._unread[origin.site] += 1
        try:
            async with self._turns[origin.site], self._places.place(origin.source or origin.site):
                self._require_open(origin)
                outcome = await self._run(Task(function, args, kwargs))
                if isinstance(outcome, Lost):
                    self._lost[origin.site] += 1
                    self._lost_of_source[origin.source or origin.site] += 1
                    raise TaskLost(outcome)
        finally:
            self._unread[origin.site] -= 1
        result: R = outcome
        return result

    async def room(self, site: str) -> None:
        """Wait until few tasks of this site wait for their turn. Call it before another answer is fetched: what is
        fetched faster than it is read fills the memory."""
        if self._unread[site] >= MAX_UNREAD:
            async with self._turns[site]:  # it is given in the order in which it was asked for
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
