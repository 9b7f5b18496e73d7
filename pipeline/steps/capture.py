"""capture: fetch the pages of items that have no capture yet, archive the exchanges, record what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from html import escape
from uuid import UUID

import msgspec

from pipeline.archive.warc import Original
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import NOT_ASKED, FetchFailed, Response
from pipeline.collect.pages.answers import ERROR, is_passing, why_no_page
from pipeline.errors import NewsledgerError
from pipeline.events import ArticleCaptured, CaptureFailed, Via
from pipeline.ids import digest
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import RECALL, StepResult, Stores, salvage

PRODUCER = "capture@2"

MAX_ATTEMPTS = 5
"""Then a failure is for good. The pauses between attempts are in items_without_capture.sql."""
BATCH_PAGES = 200
"""So many pages of a source go into one append."""

_DETAIL_CHARS = 500
_FEED_PAGE_TYPE = "text/html; charset=utf-8"


class PendingPage(msgspec.Struct, frozen=True):
    article_id: UUID
    source_id: str
    item_id: UUID
    url: str
    attempt: int
    failed_for_good: bool
    due: bool
    """Whether the next attempt may be made now."""


class CapturedPayload(msgspec.Struct, frozen=True):
    article_id: UUID
    warc_payload_digest: str
    url: str
    captured_at: datetime


class FeedContent(msgspec.Struct, frozen=True):
    """What a feed gave of an article's text."""

    article_id: UUID
    content: str
    title: str | None
    published_at: datetime | None

    def page(self) -> bytes:
        """An HTML page with this text."""
        title = escape(self.title or "")
        published = self.published_at.isoformat() if self.published_at else ""
        return (
            f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta property="article:published_time" content="{published}"></head>'
            f"<body><article><h1>{title}</h1>{self.content}</article></body></html>"
        ).encode()


PageEvent = ArticleCaptured | CaptureFailed
Originals = Mapping[tuple[UUID, str], Original]
"""By article and payload digest."""


def pending_pages(ledger: Ledger, interval: Interval, now: datetime, source_ids: Sequence[str]) -> list[PendingPage]:
    """The pages of the interval's items that have no capture, those included that are not due or failed for good."""
    return ledger.select(
        PendingPage,
        "items_without_capture",
        start=interval.start,
        end=interval.end,
        now=now,
        source_ids=list(source_ids),
    )


async def capture_source(stores: Stores, client: Client, source: Source, interval: Interval) -> StepResult:
    """Capture what the interval's items of the source lack; one append a batch of pages."""
    waiting = await stores.reading(_pending_by_source, (source.id, interval))
    pages = [page for page in waiting if page.due and not page.failed_for_good]
    originals = await stores.reading(captured_payloads, tuple(page.article_id for page in pages)) if pages else {}
    work = _Capture(stores, client, source, originals, len(pages))
    result = StepResult({})
    for first in range(0, len(pages), BATCH_PAGES):
        result += await work.batch(pages[first : first + BATCH_PAGES])
        if work.too_slow:
            break
    return result + StepResult({}, notices=tuple(f"source {source.id}: {why}" for why in work.put_off.values()))


def _pending_by_source(
    ledger: Ledger, keys: Sequence[tuple[str, Interval]], now: datetime
) -> Mapping[tuple[str, Interval], Sequence[PendingPage]]:
    pending: dict[tuple[str, Interval], list[PendingPage]] = {key: [] for key in keys}
    for interval in {interval for _, interval in keys}:
        source_ids = [source_id for source_id, of_source in keys if of_source == interval]
        for page in pending_pages(ledger, interval, now, source_ids):
            pending[page.source_id, interval].append(page)
    return pending


def captured_payloads(
    ledger: Ledger, keys: Sequence[tuple[UUID, ...]], now: datetime
) -> Mapping[tuple[UUID, ...], Originals]:
    articles = [article for key in keys for article in key]
    rows = ledger.select(CapturedPayload, "captured_payloads", article_ids=articles, recall_start=now - RECALL)
    originals = {(row.article_id, row.warc_payload_digest): Original(row.url, row.captured_at) for row in rows}
    return dict.fromkeys(keys, originals)


def expire(stores: Stores, source_ids: Sequence[str], since: datetime) -> StepResult:
    """Record as failed for good what was discovered before `since` and is still waiting for its page.

    Nothing else would ever say what became of it: scheduled runs do not look further back. A backfill still can.
    """
    now = stores.now()
    waiting = {
        (page.source_id, page.article_id)
        for page in pending_pages(stores.ledger, Interval(since, now), now, source_ids)
    }
    forgotten = [
        page
        for page in pending_pages(stores.ledger, Interval(now - RECALL, since), now, source_ids)
        if not page.failed_for_good and (page.source_id, page.article_id) not in waiting
    ]
    detail = f"discovered before {since:%Y-%m-%d %H:%M} UTC and not captured by {now:%Y-%m-%d %H:%M}"
    failures = [_failed(stores, page, "expired", detail) for page in forgotten]
    contents = _feed_contents(stores.ledger, [page.article_id for page in forgotten], now)
    return stores.record([*failures, *_captured_from_feeds(stores, forgotten, failures, contents)])


class _Capture:
    """Captures a source's pages and records what came of each."""

    def __init__(self, stores: Stores, client: Client, source: Source, originals: Originals, total: int) -> None:
        self._stores, self._client, self._source, self._originals = stores, client, source, originals
        self._done, self._total, self._bytes = 0, total, 0
        self.put_off: dict[str, str] = {}
        """Why hosts were not asked, by host; the pages stay pending."""
        self.too_slow = False
        """Whether a host has so many pages waiting that the next batch would wait in vain, too."""

    async def batch(self, pages: Sequence[PendingPage]) -> StepResult:
        return await salvage((self._page(page) for page in pages), partial(self._record, pages))

    async def _record(self, pages: Sequence[PendingPage], outcomes: Sequence[PageEvent | None]) -> StepResult:
        events = [event for event in outcomes if event is not None]
        lost = [event for event in events if isinstance(event, CaptureFailed) and not event.will_retry]
        articles = tuple(event.article_id for event in lost)
        contents = await self._stores.reading(_feed_contents_of, articles) if articles else {}
        return await self._stores.recording([*events, *_captured_from_feeds(self._stores, pages, lost, contents)])

    async def _page(self, page: PendingPage) -> PageEvent | None:
        if (page.article_id, Via.LIVE) in self._stores.asked_for:
            return None  # for another source, which names it, too
        self._stores.asked_for.add((page.article_id, Via.LIVE))
        try:
            response = await self._client.fetch(page.url)
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED:
                self.put_off.setdefault(failure.host or "", failure.detail)
                self.too_slow = self.too_slow or failure.reason == "no_turn"
                return None
            return self._ended(_failed(self._stores, page, failure.reason, failure.detail, failure.status))
        except NewsledgerError:
            raise
        except Exception as exc:  # noqa: BLE001  # one page must not cost the others; the event says what happened
            detail = f"{type(exc).__name__}: {exc}"[:_DETAIL_CHARS]
            return self._ended(_failed(self._stores, page, ERROR, detail))
        self._bytes += len(response.body)
        return self._ended(_outcome(self._stores, page, response, self._originals))

    def _ended(self, event: PageEvent) -> PageEvent:
        self._done += 1
        self._stores.on_progress(Progress("capture", self._source.id, self._done, self._total, self._bytes))
        return event


def _outcome(stores: Stores, page: PendingPage, response: Response, originals: Originals) -> PageEvent:
    none = why_no_page(page.url, response)
    if none is not None:
        return _failed(stores, page, none.reason, none.detail, response.status, response.retry_at)
    return _captured(stores, page, response, originals)


def _feed_contents(ledger: Ledger, article_ids: Sequence[UUID], now: datetime) -> dict[UUID, FeedContent]:
    """What the feeds hold of these articles, where no page of theirs was ever captured."""
    if not article_ids:
        return {}
    rows = ledger.select(FeedContent, "feed_contents", article_ids=list(article_ids), recall_start=now - RECALL)
    return {row.article_id: row for row in rows}


def _feed_contents_of(
    ledger: Ledger, keys: Sequence[tuple[UUID, ...]], now: datetime
) -> Mapping[tuple[UUID, ...], Mapping[UUID, FeedContent]]:
    return dict.fromkeys(keys, _feed_contents(ledger, [article for key in keys for article in key], now))


def _captured_from_feeds(
    stores: Stores,
    pages: Sequence[PendingPage],
    failures: Sequence[CaptureFailed],
    contents: Mapping[UUID, FeedContent],
) -> list[ArticleCaptured]:
    by_article = {page.article_id: page for page in pages}
    return [
        _captured_from_feed(stores, by_article[failure.article_id], failure, contents[failure.article_id])
        for failure in failures
        if failure.article_id in contents
    ]


def _captured_from_feed(
    stores: Stores, page: PendingPage, failure: CaptureFailed, content: FeedContent
) -> ArticleCaptured:
    """The feed's own text in place of the page that cannot be had, archived as the HTML page that it makes."""
    body = content.page()
    stored = stores.archive.write_resource(page.url, body, content_type=_FEED_PAGE_TYPE, at=failure.occurred_at)
    return ArticleCaptured(
        stream=failure.stream,
        occurred_at=failure.occurred_at,
        producer=PRODUCER,
        caused_by=page.item_id,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
        final_url=page.url,
        status=failure.status,
        content_type=_FEED_PAGE_TYPE,
        payload_digest=stored.warc_payload_digest,
        warc_payload_digest=stored.warc_payload_digest,
        bytes=len(body),
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
        captured_at=failure.occurred_at,
        via=Via.FEED,
    )


def _captured(
    stores: Stores,
    page: PendingPage,
    response: Response,
    originals: Originals,
) -> ArticleCaptured:
    for redirect in response.redirects:
        stores.archive.write(redirect)
    stored = stores.archive.write(response.exchange, lambda payload: originals.get((page.article_id, payload)))
    return ArticleCaptured(
        stream=f"article:{page.article_id}",
        occurred_at=response.exchange.fetched_at,
        producer=PRODUCER,
        caused_by=page.item_id,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
        final_url=response.final_url,
        status=response.status,
        content_type=response.exchange.header("content-type"),
        payload_digest=stored.warc_payload_digest if response.as_sent else digest(response.body),
        warc_payload_digest=stored.warc_payload_digest,
        bytes=len(response.body),
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
        captured_at=response.exchange.fetched_at,
    )


def _failed(
    stores: Stores,
    page: PendingPage,
    reason: str,
    detail: str,
    status: int | None = None,
    retry_at: datetime | None = None,
) -> CaptureFailed:
    return CaptureFailed(
        stream=f"article:{page.article_id}",
        occurred_at=stores.now(),
        producer=PRODUCER,
        caused_by=page.item_id,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
        reason=reason,
        status=status,
        detail=detail,
        attempt=page.attempt,
        will_retry=is_passing(reason, status) and page.attempt < MAX_ATTEMPTS,
        retry_at=retry_at,
    )
