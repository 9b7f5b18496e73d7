"""The ledger and the archive as every step uses them, and the result that every step returns."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
from pipeline.ledger import Append, Ledger, Run
from pipeline.ledger.erased import ErasedArticle, ErasedContents, ErasedDigest
from pipeline.settings import Settings
from pipeline.steps.run.batching import Batching
from pipeline.steps.run.erasure_locks import while_nothing_is_erased, while_nothing_runs
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress
from pipeline.steps.run.source_report import OnSource, SourceReports, ignore_source
from pipeline.stopping import stop_if_asked

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

RECALL = timedelta(days=90)
"""How far back a step looks for known validators, items and payloads. It bounds the cost of its queries."""

BATCH_EVENTS = 5_000
"""Approximate number of events in one append: few enough that an interrupt during a large backlog loses little."""
BATCH_KEYS = 50
"""Maximum number of sources that share one query."""


class StepResult(msgspec.Struct, frozen=True):
    """The number of new events of each type that a step recorded, and what it did not do.

    A problem is a line for people about work that failed, while the rest was done. A notice is a line about work that
    was put off for a good reason.
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
            raise NewsledgerError(f"{self.problems[0]}{more}; everything else was recorded")

    def count(self, event_type: str) -> int:
        return self.counts.get(event_type, 0)


async def uninterrupted(work: Coroutine[Any, Any, R]) -> R:
    """Return the result of `work`. An interrupt that arrives meanwhile is raised when the work is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def salvage(
    work: Iterable[Coroutine[Any, Any, R]], record: Callable[[list[R]], Coroutine[Any, Any, StepResult]]
) -> StepResult:
    """Do all the work at once and record the results, also if an interrupt or an error ends it early."""
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

    def __init__(
        self,
        settings: Settings,
        run: Run,
        on_progress: OnProgress = ignore_progress,
        on_source: OnSource = ignore_source,
        ledger: Ledger | None = None,
    ) -> None:
        """`on_source` gets a report when the visit to a source has ended. `ledger` is one that the caller has opened,
        because opening takes as long as several queries; it stays open."""
        self.settings = settings
        self.run = run
        self.on_progress = on_progress
        self.on_source = on_source
        self.reports = SourceReports()
        self._begun = ExitStack()
        self._lent = ledger
        self.asked_for: set[tuple[UUID, Via]] = set()
        """The pages that this run has requested, by article and way (live, web archive): two sources may name the
        same page."""

    def __enter__(self) -> Self:
        settings = self.settings
        self.ledger = self._lent or Ledger.open(
            settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds
        )
        self._begin()
        self._ledger_thread = ThreadPoolExecutor(1, "ledger")
        self._appends = Batching(self._append_all, limit=BATCH_EVENTS, weight=len)
        self._reads: dict[Any, Batching[Any, Any]] = {}
        self.archive = Archive(archive_storage(settings), rotate_bytes=settings.warc_rotate_bytes, now=self.run.now)
        stop_if_asked()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._ledger_thread.shutdown()  # waits for the append that is running, also after an interrupt
        self.archive.close()
        self._begun.close()
        if self._lent is None:
            self.ledger.close()

    def _begin(self) -> None:
        self._begun.enter_context(while_nothing_is_erased(self.settings))
        self.erased = ErasedContents(
            ids=frozenset(row.article_id for row in self.ledger.select(ErasedArticle, "erased_articles")),
            digests=frozenset(row.digest for row in self.ledger.select(ErasedDigest, "digests_of_erased")),
        )
        """The articles that a person has had erased, which nobody changes while this run lasts."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other run lasts, so that nobody archives or records anything. Raises LedgerLocked, StorageError."""
        self._begun.close()
        with while_nothing_runs(self.settings, self.settings.lock_timeout_seconds):
            yield
        self._begin()

    def now(self) -> datetime:
        return self.run.now()

    def record_each(
        self, step: str, outcomes: Iterable[Sequence[Event] | str], *, done: int = 0, total: int
    ) -> StepResult:
        """Append the outcomes of tasks in batches. An outcome is the task's events, or a problem as text.

        For the progress: `done` tasks of `total` were done before these.
        """
        result, events = StepResult({}), list[Event]()
        for number, outcome in enumerate(outcomes, start=done + 1):
            stop_if_asked()
            if isinstance(outcome, str):
                result += StepResult({}, (outcome,))
            else:
                events += outcome
            self.on_progress(Progress(step, None, number, total))
            if len(events) >= BATCH_EVENTS:
                result += self.record(events)
                events = []
        return result + self.record(events)

    async def reading(self, read: Callable[[Ledger, Sequence[K], datetime], Mapping[K, R]], key: K) -> R:
        """Run a query for one key in the ledger's thread, while the event loop continues.

        `read` gets the ledger, several keys and the time, and returns a result for each key. Keys that are asked for at
        about the same time share one call.
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
        """Like `record`, but the event loop continues to fetch: another process may hold the ledger's lock for a while.

        Events that arrive meanwhile share the next append.
        """
        return await self._appends.ask(events) if events else StepResult({})

    async def _append_all(self, batches: Sequence[Sequence[Event]]) -> Sequence[StepResult]:
        events, save = [event for batch in batches for event in batch], self.archive.hand_over()

        def saved_append() -> Append:
            save()
            return self.ledger.append(events, self.run)

        append = await self._in_ledger_thread(saved_append)
        self.reports.count(event for event in events if event.event_id in append.types)
        return [StepResult(append.count(batch)) for batch in batches]

    async def _in_ledger_thread(self, work: Callable[[], R]) -> R:
        """All calls share one thread, because the ledger's connection takes one caller at a time."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._ledger_thread, work))

    def record(self, events: Sequence[Event]) -> StepResult:
        """Save the archive, then append the events, so that no event points to bytes that may be lost."""
        if not events:
            return StepResult({})
        self.archive.sync()
        return StepResult(self.ledger.append(events, self.run).counts)
