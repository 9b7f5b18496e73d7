"""capture: fetch the page of every item that has no capture yet, archive it, and record what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from uuid import UUID

import msgspec

from pipeline.archive.warc import Original
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.answers import SeenPage
from pipeline.collect.pages.requests import fetch_page
from pipeline.events import ArticleCaptured, CaptureFailed, Event, Via
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.run.page_batch import PageBatch
from pipeline.steps.run.page_events import (
    PageFailure,
    Payload,
    next_attempt_at,
    page_captured,
    page_failed,
    response_payload,
)
from pipeline.steps.run.stores import RECALL, StepResult, Stores

PRODUCER = "capture@2"

BATCH_PAGES = 200
"""Maximum number of pages whose events are recorded with one append. An interrupt loses nothing that was fetched."""

_FEED_PAGE_TYPE = "text/html; charset=utf-8"


class PendingPage(msgspec.Struct, frozen=True):
    """The page of an item that has no capture."""

    article_id: UUID
    source_id: str
    item_id: UUID
    url: str
    title: str | None
    named_at: datetime
    """When a feed last named or changed it."""
    failures: int
    """Failed attempts since the item was new or changed; the next three fields are of the last one."""
    failed_for_good: bool
    failed_at: datetime | None
    reason: str | None
    retry_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """True if the page may be asked for now."""
        if self.failed_for_good:
            return False
        return self.failed_at is None or next_attempt_at(self.failures, self.failed_at, self.retry_at) <= now


class CapturedPayload(msgspec.Struct, frozen=True):
    """One row of `captured_payloads.sql`."""

    article_id: UUID
    warc_payload_digest: str
    url: str
    captured_at: datetime


class FeedContent(msgspec.Struct, frozen=True):
    """The text of an article as its feed gave it."""

    article_id: UUID
    content: str
    title: str | None
    published_at: datetime | None

    def page(self) -> bytes:
        """An HTML page with this text, in UTF-8."""
        title = escape(self.title or "")
        published = self.published_at.isoformat() if self.published_at else ""
        return (
            f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta property="article:published_time" content="{published}"></head>'
            f"<body><article><h1>{title}</h1>{self.content}</article></body></html>"
        ).encode()


Originals = Mapping[tuple[UUID, str], Original]
"""The first response with a payload, by article and payload digest."""


def pending_pages(ledger: Ledger, interval: Interval, source_ids: Sequence[str]) -> list[PendingPage]:
    """The pages of the interval's items that have no capture, including those that are not due or failed for good."""
    return ledger.select(
        PendingPage,
        "items_without_capture",
        start=interval.start,
        end=interval.end,
        source_ids=list(source_ids),
    )


async def capture_source(stores: Stores, client: Client, source: Source, interval: Interval) -> StepResult:
    """Capture the pages of the source's items in the interval that are due, those that were named first before the
    others, at most `pages_per_source` of the settings; one append for each batch of pages."""
    waiting = await stores.reading(_pending_by_source, (source.id, interval))
    now = stores.now()
    due = [page for page in waiting if page.is_due(now)]
    pages = due[: stores.settings.pages_per_source]
    originals = await stores.reading(captured_payloads, tuple(page.article_id for page in pages)) if pages else {}

    async def visit(page: PendingPage) -> Sequence[Event]:
        if (page.article_id, Via.LIVE) in stores.asked_for:
            return []  # another source names the same page, and this run has asked for it
        stores.asked_for.add((page.article_id, Via.LIVE))
        response, seen = await fetch_page(client, page.url, page.title)
        batch.bytes += seen.size_bytes
        return [_judged(stores, page, response, seen, originals)]

    async def record(events: Sequence[Event]) -> StepResult:
        lost = [event for event in events if isinstance(event, CaptureFailed) and not event.will_retry]
        articles = tuple(event.article_id for event in lost)
        contents = await stores.reading(_feed_contents_by_key, articles) if articles else {}
        return await stores.recording([*events, *_captured_from_feeds(stores, lost, contents)])

    batch = PageBatch(
        stores,
        "capture",
        source.id,
        len(pages),
        visit=visit,
        failed=lambda page, failure: [_failed(stores, page, failure)],
        record=record,
    )
    result = StepResult({})
    for first in range(0, len(pages), BATCH_PAGES):
        result += await batch.run(pages[first : first + BATCH_PAGES])
        if batch.is_host_busy:
            break
    left = len(due) - len(pages)
    whys = (*batch.put_off.values(), *([f"pages left to the next runs: {left}"] if left else []))
    return result + StepResult({}, notices=tuple(f"source {source.id}: {why}" for why in whys))


def _pending_by_source(
    ledger: Ledger, keys: Sequence[tuple[str, Interval]], now: datetime
) -> Mapping[tuple[str, Interval], Sequence[PendingPage]]:
    pending: dict[tuple[str, Interval], list[PendingPage]] = {key: [] for key in keys}
    for interval in {interval for _, interval in keys}:
        source_ids = [source_id for source_id, of_source in keys if of_source == interval]
        for page in pending_pages(ledger, interval, source_ids):
            pending[page.source_id, interval].append(page)
    return pending


def captured_payloads(
    ledger: Ledger, keys: Sequence[tuple[UUID, ...]], now: datetime
) -> Mapping[tuple[UUID, ...], Originals]:
    """For `Stores.reading`: the payloads captured of several tuples of articles. All tuples get the same mapping."""
    articles = [article for key in keys for article in key]
    rows = ledger.select(CapturedPayload, "captured_payloads", article_ids=articles, recall_start=now - RECALL)
    originals = {(row.article_id, row.warc_payload_digest): Original(row.url, row.captured_at) for row in rows}
    return dict.fromkeys(keys, originals)


def expire(stores: Stores, source_ids: Sequence[str], since: datetime) -> StepResult:
    """Record a final failure for every item that was last named before `since` and still has no capture.

    Scheduled runs do not look back further than `since`, so without this event nothing would say that the page was
    missed. A backfill can still recover it.
    """
    now = stores.now()
    pages = pending_pages(stores.ledger, Interval(now - RECALL, now), source_ids)
    expired = [page for page in pages if page.named_at < since and not page.failed_for_good]
    detail = f"discovered before {since:%Y-%m-%d %H:%M} UTC and not captured by {now:%Y-%m-%d %H:%M}"
    failures = [_failed(stores, page, PageFailure("expired", detail)) for page in expired]
    contents = _feed_contents(stores.ledger, [page.article_id for page in expired], now)
    return stores.record([*failures, *_captured_from_feeds(stores, failures, contents)])


def _judged(stores: Stores, page: PendingPage, response: Response, seen: SeenPage, originals: Originals) -> Event:
    """The capture of the response if it is the article's page, else the failure."""
    if seen.no_page is not None:
        failure = PageFailure(seen.no_page.reason, seen.no_page.detail, response.status, response.retry_at)
        return _failed(stores, page, failure)
    for redirect in response.redirects:
        stores.archive.write(redirect)
    stored = stores.archive.write(response.exchange, lambda payload: originals.get((page.article_id, payload)))
    return page_captured(
        page,
        response_payload(response, seen, stored),
        producer=PRODUCER,
        caused_by=page.item_id,
        occurred_at=response.exchange.fetched_at,
    )


def _failed(stores: Stores, page: PendingPage, failure: PageFailure) -> CaptureFailed:
    return page_failed(
        page, failure, producer=PRODUCER, caused_by=page.item_id, occurred_at=stores.now(), attempt=page.failures + 1
    )


def _feed_contents(ledger: Ledger, article_ids: Sequence[UUID], now: datetime) -> dict[UUID, FeedContent]:
    """The text that feeds gave of these articles, for those whose page was never captured."""
    if not article_ids:
        return {}
    rows = ledger.select(FeedContent, "feed_contents", article_ids=list(article_ids), recall_start=now - RECALL)
    return {row.article_id: row for row in rows}


def _feed_contents_by_key(
    ledger: Ledger, keys: Sequence[tuple[UUID, ...]], now: datetime
) -> Mapping[tuple[UUID, ...], Mapping[UUID, FeedContent]]:
    return dict.fromkeys(keys, _feed_contents(ledger, [article for key in keys for article in key], now))


def _captured_from_feeds(
    stores: Stores, failures: Sequence[CaptureFailed], contents: Mapping[UUID, FeedContent]
) -> list[ArticleCaptured]:
    return [
        _captured_from_feed(stores, failure, contents[failure.article_id])
        for failure in failures
        if failure.article_id in contents
    ]


def _captured_from_feed(stores: Stores, failure: CaptureFailed, content: FeedContent) -> ArticleCaptured:
    """The feed's own text instead of the page that could not be fetched, archived as an HTML page."""
    assert failure.caused_by is not None  # the item
    body = content.page()
    stored = stores.archive.write_resource(failure.url, body, content_type=_FEED_PAGE_TYPE, at=failure.occurred_at)
    payload = Payload(
        final_url=failure.url,
        status=failure.status,
        content_type=_FEED_PAGE_TYPE,
        size_bytes=len(body),
        payload_digest=stored.warc_payload_digest,
        stored=stored,
    )
    return page_captured(
        failure,
        payload,
        producer=PRODUCER,
        caused_by=failure.caused_by,
        occurred_at=failure.occurred_at,
        via=Via.FEED,
    )
