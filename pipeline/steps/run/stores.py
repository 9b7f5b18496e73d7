"""What every step works with, and how it says what it did."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec

from pipeline.archive.archive import Archive
from pipeline.archive.storage import archive_storage
from pipeline.errors import NewsledgerError
from pipeline.events import Event, Via
from pipeline.ledger import Ledger, Run
from pipeline.settings import Settings
from pipeline.steps.run.batching import Batching
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

RECALL = timedelta(days=90)
"""How far back a step looks for what it has already seen (validators, items, payloads); bounds its queries."""

BATCH_EVENTS = 5_000
"""About so many events go into one append, so that a large backlog is recorded as it is worked off."""
BATCH_KEYS = 50
"""So many sources are read about with one query."""


class StepResult(msgspec.Struct, frozen=True):
    """What a step recorded, new events by type, and what it could not do.

    A problem is a line for people: something was left undone that should not be, while everything else was done.
    A notice is one of what was rightly put off.
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def __add__(self, other: StepResult) -> StepResult:
        return StepResult(
            Counter(self.counts) + Counter(other.counts), self.problems + other.problems, self.notices + other.notices
        )

    def require_success(self) -> None:
        """Raises NewsledgerError with the first problem, if there was one."""
        if self.problems:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise NewsledgerError(f"{self.problems[0]}{more}; all else was recorded")

    def count(self, event_type: str) -> int:
        return self.counts.get(event_type, 0)


async def uninterrupted(work: Coroutine[Any, Any, R]) -> R:
    """What `work` gives; an interrupt meanwhile is raised when it is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def salvage(
    work: Iterable[Coroutine[Any, Any, R]], record: Callable[[list[R]], Coroutine[Any, Any, StepResult]]
) -> StepResult:
    """Do all of the work at once and record what came of it, also where an interrupt or an error ends it early."""
    tasks = [asyncio.ensure_future(each) for each in work]
    if not tasks:
        return StepResult({})
    try:
        await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        done = [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
        result = await uninterrupted(record(done))
    for task in tasks:
        task.result()
    return result


class Stores:
    """The ledger and the archive of one data directory, for one run. Use as a context manager."""

    def __init__(self, settings: Settings, run: Run, on_progress: OnProgress = ignore_progress) -> None:
        self.settings = settings
        self.run = run
        self.on_progress = on_progress
        self.asked_for: set[tuple[UUID, Via]] = set()
        """The articles whose pages this run has asked for, and where."""

    def __enter__(self) -> Self:
        settings = self.settings
        self.ledger = Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds)
        self._ledger_thread = ThreadPoolExecutor(1, "ledger")
        self._threads = ThreadPoolExecutor(thread_name_prefix="parse")
        self._appends = Batching(self._append_all, limit=BATCH_EVENTS, weight=len)
        self._reads: dict[Any, Batching[Any, Any]] = {}
        self.archive = Archive(archive_storage(settings), rotate_bytes=settings.warc_rotate_bytes, now=self.run.now)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._ledger_thread.shutdown()  # the append in hand is finished, also after an interrupt
        self.archive.close()
        self.ledger.close()

    def now(self) -> datetime:
        return self.run.now()

    def record_each(self, step: str, outcomes: Iterable[Sequence[Event] | str], total: int) -> StepResult:
        """Append what comes of each of `total` tasks, events or a problem, in batches, and tell how far it is."""
        result, events = StepResult({}), list[Event]()
        for done, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, str):
                result += StepResult({}, (outcome,))
            else:
                events += outcome
            self.on_progress(Progress(step, None, done, total))
            if len(events) >= BATCH_EVENTS or done == total:
                result += self.record(events)
                events = []
        return result

    async def reading(self, read: Callable[[Ledger, Sequence[K], datetime], Mapping[K, R]], key: K) -> R:
        """What `read`, given the ledger, several keys and the time, finds for this key, while the event loop goes on.

        Whatever is read for other keys at about the same time is read together with it.
        """
        if read not in self._reads:
            self._reads[read] = Batching(partial(self._read_all, read), limit=BATCH_KEYS)
        found: R = await self._reads[read].ask(key)
        return found

    async def _read_all(
        self, read: Callable[[Ledger, Sequence[K], datetime], Mapping[K, R]], keys: Sequence[K]
    ) -> Sequence[R]:
        found = await self._in_ledger_thread(lambda: read(self.ledger, keys, self.now()))
        return [found[key] for key in keys]

    async def recording(self, events: Sequence[Event]) -> StepResult:
        """`record`, while the event loop goes on fetching: another process may hold the ledger's lock for a while.

        Whatever is to be recorded meanwhile goes into the next append together.
        """
        return await self._appends.ask(events) if events else StepResult({})

    async def _append_all(self, batches: Sequence[Sequence[Event]]) -> Sequence[StepResult]:
        self.archive.sync()
        events = [event for batch in batches for event in batch]
        append = await self._in_ledger_thread(lambda: self.ledger.append(events, self.run))
        return [StepResult(append.count(batch)) for batch in batches]

    async def in_thread(self, work: Callable[[], R]) -> R:
        """What long work gives, while the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _in_ledger_thread(self, work: Callable[[], R]) -> R:
        """One thread for all, because the ledger's connection takes one caller at a time."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._ledger_thread, work))

    def record(self, events: Sequence[Event]) -> StepResult:
        """Append the events after what they point to in the archive has reached the disk."""
        self.archive.sync()
        return StepResult(self.ledger.append(events, self.run).counts)
