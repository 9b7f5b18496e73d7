"""revisit: look at captured pages again, at ages that grow, and record what has become of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from pipeline.archive.archive import Stored
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import NOT_ASKED, FetchFailed, Response
from pipeline.collect.pages.answers import GONE_STATUS, http_reason, is_html
from pipeline.collect.pages.redirections import Redirection, judge_redirection
from pipeline.collect.pages.soft_404 import SOFT_404, is_soft_404
from pipeline.events import ArticleCaptured, ArticleRevisited, RevisitOutcome
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.capture import Originals, captured_payloads
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import StepResult, Stores, salvage

PRODUCER = "revisit@1"

MAX_ATTEMPTS = 3
"""Looks in a row that find no page, before the next one waits for the page's next age."""
MAX_LOOKS = 1_000
"""At the pages of one source in one run; the others stay due."""
BATCH_PAGES = 200
"""So many pages of a source go into one append."""

_SLACK = timedelta(days=7)
"""A look that is due for longer than this, because nothing ran, is not made any more."""
_TAKEN_DOWN = frozenset({Redirection.TO_FRONT_PAGE, Redirection.TO_OTHER_PAGE})
"""So outlets lead their readers away from an article that they have taken down; elsewhere it may still be there."""


class DuePage(msgspec.Struct, frozen=True):
    """A captured page to be looked at again now."""

    source_id: str
    article_id: UUID
    url: str
    capture_id: UUID
    payload_digest: str
    """Of its last capture."""
    last_seen_id: UUID
    """Its last capture or look."""
    attempt: int
    etag: str | None
    """Of what was captured last; None also where the page is to be read whole, because the last answer was a 304."""
    last_modified: str | None


LookEvent = ArticleRevisited | ArticleCaptured


def due_pages(
    ledger: Ledger, ages: Sequence[timedelta], now: datetime, source_ids: Sequence[str], most: int = MAX_LOOKS
) -> list[DuePage]:
    """The pages of these sources that have reached one of the ages unseen, the youngest first, so many of a source."""
    if not ages:
        return []
    return ledger.select(
        DuePage,
        "pages_to_revisit",
        now=now,
        start=now - max(ages) - _SLACK,
        source_ids=list(source_ids),
        ages_seconds=[age.total_seconds() for age in ages],
        max_attempts=MAX_ATTEMPTS,
        most=most,
    )


def sources_due(ledger: Ledger, ages: Sequence[timedelta], now: datetime, source_ids: Sequence[str]) -> set[str]:
    """The ids of the sources with a page that is to be looked at again."""
    return {page.source_id for page in due_pages(ledger, ages, now, source_ids, most=1)}


async def revisit_source(stores: Stores, client: Client, source: Source) -> StepResult:
    """Look at the source's pages that are due; one append a batch of pages."""
    pages = await stores.reading(_due_by_source, (source.id, stores.settings.revisit_after))
    if not pages:
        return StepResult({})
    originals = await stores.reading(captured_payloads, tuple(page.article_id for page in pages))
    work = _Looks(stores, client, source, originals, len(pages))
    result = StepResult({})
    for first in range(0, len(pages), BATCH_PAGES):
        result += await work.batch(pages[first : first + BATCH_PAGES])
        if work.put_off:
            return result + StepResult({}, notices=(f"source {source.id}: {work.put_off}",))
    if len(pages) == MAX_LOOKS:
        notice = f"source {source.id}: looked at {MAX_LOOKS} pages again; more may be due, in the next run"
        return result + StepResult({}, notices=(notice,))
    return result


def _due_by_source(
    ledger: Ledger, keys: Sequence[tuple[str, tuple[timedelta, ...]]], now: datetime
) -> Mapping[tuple[str, tuple[timedelta, ...]], Sequence[DuePage]]:
    due: dict[tuple[str, tuple[timedelta, ...]], list[DuePage]] = {key: [] for key in keys}
    for ages in {ages for _, ages in keys}:
        for page in due_pages(ledger, ages, now, [source_id for source_id, of_source in keys if of_source == ages]):
            due[page.source_id, ages].append(page)
    return due


class _Looks:
    """Looks at a source's pages and records what was seen."""

    def __init__(self, stores: Stores, client: Client, source: Source, originals: Originals, total: int) -> None:
        self._stores, self._client, self._source, self._originals = stores, client, source, originals
        self._led_to: defaultdict[UUID, list[str]] = defaultdict(list)
        """By article, where its pages were captured: a feed may name another address, which leads there."""
        for (article, _), original in originals.items():
            self._led_to[article].append(original.url)
        self._done, self._total, self._bytes = 0, total, 0
        self.put_off: str | None = None
        """Why a host was not asked; its pages stay due."""

    async def batch(self, pages: Sequence[DuePage]) -> StepResult:
        return await salvage((self._look(page) for page in pages), self._record)

    async def _record(self, seen: Sequence[Sequence[LookEvent]]) -> StepResult:
        return await self._stores.recording([event for events in seen for event in events])

    async def _look(self, page: DuePage) -> Sequence[LookEvent]:
        try:
            response = await self._client.fetch(page.url, etag=page.etag, last_modified=page.last_modified)
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED:
                self.put_off = failure.detail
                return []
            look = _looked(
                page,
                self._stores.now(),
                outcome=RevisitOutcome.FAILED,
                status=failure.status,
                reason=failure.reason,
                detail=failure.detail,
                attempt=page.attempt,
                retry_at=failure.retry_at,
            )
            return self._ended([look])
        self._bytes += len(response.body)
        for redirect in response.redirects:
            self._stores.archive.write(redirect)
        stored = self._stores.archive.write(
            response.exchange, lambda payload: self._originals.get((page.article_id, payload))
        )
        return self._ended(_seen(page, response, stored, self._led_to[page.article_id]))

    def _ended(self, events: Sequence[LookEvent]) -> Sequence[LookEvent]:
        self._done += 1
        self._stores.on_progress(Progress("revisit", self._source.id, self._done, self._total, self._bytes))
        return events


def _seen(page: DuePage, response: Response, stored: Stored, led_to: Sequence[str]) -> Sequence[LookEvent]:
    """The look, and the capture of a page that has changed."""
    outcome, reason = _judge(page, response, led_to)
    exchange = response.exchange
    archived: dict[str, Any] = {
        "final_url": response.final_url,
        "status": response.status,
        "payload_digest": digest(response.body),
        "warc_payload_digest": stored.warc_payload_digest,
        "warc_type": stored.warc_type,
        "warc_file": stored.location.warc_file,
        "warc_offset": stored.location.warc_offset,
        "warc_length": stored.location.warc_length,
    }
    look = _looked(
        page,
        exchange.fetched_at,
        outcome=outcome,
        reason=reason,
        attempt=page.attempt if reason else 1,
        etag=None if reason else exchange.header("etag"),
        last_modified=None if reason else exchange.header("last-modified"),
        retry_at=response.retry_at,
        **archived,
    )
    if outcome is not RevisitOutcome.CHANGED:
        return [look]
    # Caused by the look: a page that goes back to what it was is captured once more.
    capture = ArticleCaptured(
        stream=look.stream,
        occurred_at=look.occurred_at,
        producer=PRODUCER,
        caused_by=look.event_id,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
        content_type=exchange.header("content-type"),
        bytes=len(response.body),
        captured_at=exchange.fetched_at,
        **archived,
    )
    return [look, capture]


def _judge(page: DuePage, response: Response, led_to: Sequence[str]) -> tuple[RevisitOutcome, str | None]:
    """What the answer says of the page, and why where it found none."""
    status = response.status
    content_type = response.exchange.header("content-type")
    if status in GONE_STATUS:
        return RevisitOutcome.MISSING, http_reason(status)
    is_unmodified = status == 304 and bool(page.etag or page.last_modified)
    if not is_unmodified and not 200 <= status < 300:
        return RevisitOutcome.FAILED, http_reason(status)
    if not is_unmodified and not is_html(content_type):
        return RevisitOutcome.FAILED, "not_html"
    if not is_unmodified and is_soft_404(response.body, content_type):
        return RevisitOutcome.MISSING, SOFT_404
    if response.redirects:
        led = judge_redirection([page.url, *led_to], response.final_url, response.body, content_type)
        if led is not Redirection.TO_ARTICLE:
            is_down = led in _TAKEN_DOWN and not is_unmodified  # a page that was not sent cannot say what it is
            return RevisitOutcome.MISSING if is_down else RevisitOutcome.FAILED, led.value
    changed = not is_unmodified and digest(response.body) != page.payload_digest
    return RevisitOutcome.CHANGED if changed else RevisitOutcome.UNCHANGED, None


def _looked(page: DuePage, at: datetime, **seen: Any) -> ArticleRevisited:
    return ArticleRevisited(
        stream=f"article:{page.article_id}",
        occurred_at=at,
        producer=PRODUCER,
        caused_by=page.last_seen_id,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
        capture_id=page.capture_id,
        conditional=bool(page.etag or page.last_modified),
        **seen,
    )
