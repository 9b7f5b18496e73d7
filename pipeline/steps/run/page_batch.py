"""Work on the pages of one source, a batch at a time: ask for each page, judge the answer, record what came of it.

Capture, revisit and recover differ in how they ask for a page and what an answer means. What they share is here: every
page ends in its own events, whatever goes wrong with it, and the events of a batch are recorded with one append.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from pipeline.collect.http.responses import NOT_ASKED, FetchFailed
from pipeline.collect.pages.answers import ERROR
from pipeline.errors import NewsledgerError
from pipeline.events import Event
from pipeline.steps.run.page_events import PageFailure, WantedPage
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import StepResult, Stores, salvage

_DETAIL_CHARS = 500
"""Maximum length of the message of an unexpected error in an event: messages of parsers may quote the whole page."""


P = TypeVar("P", bound=WantedPage)


class PageBatch(Generic[P]):
    """Visits pages of one source, a batch with each call of `run`, and records their events.

    `visit` asks for a page and returns its events; it may raise FetchFailed. `failed` returns the events of a page that
    could not be fetched, or whose visit raised an unexpected error: a page that no parser can read must not cost the
    other pages of its batch their events. Errors of the archive and the ledger (NewsledgerError) concern all pages and
    are raised, after the events of the pages that are done have been recorded.
    """

    def __init__(
        self,
        stores: Stores,
        step: str,
        source_id: str,
        total: int,
        *,
        visit: Callable[[P], Awaitable[Sequence[Event]]],
        failed: Callable[[P, PageFailure], Sequence[Event]],
        record: Callable[[Sequence[Event]], Awaitable[StepResult]] | None = None,
    ) -> None:
        """`total` is the number of pages in all batches, for the progress bar.

        `record` appends the events of a batch. The default is `stores.recording`; a step that adds events to those of
        the pages gives its own function.
        """
        self._stores, self._step, self._source_id, self._total = stores, step, source_id, total
        self._visit, self._failed, self._record = visit, failed, record or stores.recording
        self.done = 0
        """Number of pages of all batches so far that have their events, or did not need to be visited."""
        self.bytes = 0
        """Size of the bodies received so far; `visit` adds to it."""
        self.put_off: dict[str, str] = {}
        """Host ▶ why no request was sent to it. Its pages have no event and stay pending."""
        self.is_host_busy = False
        """True if a request gave up waiting for its turn at a host. Those of a further batch would wait in vain too."""

    async def run(self, pages: Iterable[P]) -> StepResult:
        """Visit the pages of one batch at the same time and record their events with one append.

        After an interrupt or an error, the events of the pages that are done are still recorded.
        """
        return await salvage((self._events(page) for page in pages), self._record_all)

    async def _record_all(self, outcomes: Sequence[Sequence[Event]]) -> StepResult:
        return await self._record([event for events in outcomes for event in events])

    async def _events(self, page: P) -> Sequence[Event]:
        try:
            events = await self._visit(page)
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED:
                self.put_off.setdefault(failure.host or page.url, failure.detail)
                self.is_host_busy = self.is_host_busy or failure.reason == "no_turn"
                return []
            events = self._failed(page, PageFailure(failure.reason, failure.detail, failure.status, failure.retry_at))
        except NewsledgerError:
            raise
        except Exception as exc:  # noqa: BLE001  # the event says what happened, and names the page
            detail = f"{page.url}: {type(exc).__name__}: {exc}"[:_DETAIL_CHARS]
            events = self._failed(page, PageFailure(ERROR, detail))
        self.skip(1)
        return events

    def skip(self, pages: int) -> None:
        """Count this many pages as done: they have been visited, or need no visit."""
        self.done += pages
        self._stores.on_progress(Progress(self._step, self._source_id, self.done, self._total, self.bytes))
