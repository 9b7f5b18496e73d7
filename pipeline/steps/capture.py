"""capture: fetch the pages of items that have no capture yet, archive the exchanges, record what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.collect.archive import Original
from pipeline.collect.http import Client, FetchFailed, Response
from pipeline.events import ArticleCaptured, CaptureFailed, Event
from pipeline.ids import digest
from pipeline.ledger import Interval, Ledger
from pipeline.sources import Source
from pipeline.steps.progress import Progress
from pipeline.steps.stores import RECALL, StepResult, Stores

PRODUCER = "capture@1"

MAX_ATTEMPTS = 5
"""Then a failure is for good. The pauses between attempts are in items_without_capture.sql."""
BATCH_PAGES = 200
"""So many pages of a source go into one append."""

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_RETRIED_STATUS = frozenset({408, 425, 429})
_RETRIED_REASONS = frozenset({"timeout", "dns", "connection", "bad_encoding", "bad_response", "robots_unavailable"})


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
    now = stores.now()
    waiting = pending_pages(stores.ledger, interval, now, [source.id])
    pages = [page for page in waiting if page.due and not page.failed_for_good]
    payloads = stores.ledger.select(
        CapturedPayload, "captured_payloads", source_ids=[source.id], recall_start=now - RECALL
    )
    originals = {(row.article_id, row.warc_payload_digest): Original(row.url, row.captured_at) for row in payloads}
    result = StepResult({})
    for first in range(0, len(pages), BATCH_PAGES):
        batch = pages[first : first + BATCH_PAGES]
        tasks = [asyncio.ensure_future(_capture_page(stores, client, page, originals)) for page in batch]
        for done, task in enumerate(asyncio.as_completed(tasks), start=first + 1):
            with suppress(Exception):
                await task
            stores.on_progress(Progress("capture", source.id, done, len(pages)))
        result += stores.record([task.result() for task in tasks if task.exception() is None])
        for task in tasks:
            task.result()  # what was fetched is recorded; now the first error may end the run
    return result


async def _capture_page(
    stores: Stores, client: Client, page: PendingPage, originals: Mapping[tuple[UUID, str], Original]
) -> Event:
    try:
        response = await client.fetch(page.url)
    except FetchFailed as failure:
        return _failed(
            stores, page, failure.reason, failure.detail, failure.status, retry=failure.reason in _RETRIED_REASONS
        )
    status = response.status
    if not 200 <= status < 300:
        reason = "gone" if status == 410 else f"http_{status // 100}xx"
        detail = f"{response.final_url} answers {status}"
        return _failed(stores, page, reason, detail, status, retry=status >= 500 or status in _RETRIED_STATUS)
    content_type = response.exchange.header("content-type")
    if content_type and content_type.partition(";")[0].strip().lower() not in _HTML_TYPES:
        return _failed(stores, page, "not_html", f"{response.final_url} is {content_type}", status, retry=False)
    return _captured(stores, page, response, content_type, originals)


def _captured(
    stores: Stores,
    page: PendingPage,
    response: Response,
    content_type: str | None,
    originals: Mapping[tuple[UUID, str], Original],
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
        content_type=content_type,
        payload_digest=digest(response.body),
        warc_payload_digest=stored.warc_payload_digest,
        bytes=len(response.body),
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
        captured_at=response.exchange.fetched_at,
    )


def _failed(
    stores: Stores, page: PendingPage, reason: str, detail: str, status: int | None, *, retry: bool
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
        will_retry=retry and page.attempt < MAX_ATTEMPTS,
    )
