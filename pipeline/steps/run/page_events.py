"""The events of an article on its way into the archive: an item names it, its page is captured, or it is not.

Every `item_discovered`, `article_captured` and `capture_failed` of the project is built here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, TypedDict
from uuid import UUID

import msgspec

from pipeline.archive.archive import Stored
from pipeline.collect.feeds import FeedItem
from pipeline.collect.http.responses import Response, SeenBody
from pipeline.collect.pages.answers import is_passing
from pipeline.events import ArticleCaptured, CaptureFailed, ItemDiscovered, Via

MAX_ATTEMPTS = 5
"""Failed attempts after which a page counts as lost."""
_FIRST_PAUSE = timedelta(minutes=15)
_PAUSE_GROWTH = 4
"""The pauses between attempts are 15 minutes, 1 hour, 4 hours and 16 hours."""


class WantedPage(Protocol):
    """The page of an article that a step asks for."""

    @property
    def source_id(self) -> str: ...
    @property
    def article_id(self) -> UUID: ...
    @property
    def url(self) -> str: ...


class EventHead(TypedDict):
    """The fields with which every event about an article begins."""

    stream: str
    occurred_at: datetime
    producer: str
    caused_by: UUID
    source_id: str
    article_id: UUID
    url: str


def head_of(page: WantedPage, *, producer: str, caused_by: UUID, occurred_at: datetime) -> EventHead:
    return EventHead(
        stream=f"article:{page.article_id}",
        occurred_at=occurred_at,
        producer=producer,
        caused_by=caused_by,
        source_id=page.source_id,
        article_id=page.article_id,
        url=page.url,
    )


class PageFailure(msgspec.Struct, frozen=True):
    """Why an attempt gave no page."""

    reason: str
    detail: str
    status: int | None = None
    retry_at: datetime | None = None


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A page's bytes as they were archived, with the HTTP answer they came in."""

    final_url: str
    status: int | None
    content_type: str | None
    size_bytes: int
    payload_digest: str
    """Digest of the body without its content coding."""
    stored: Stored


def response_payload(response: Response, seen: SeenBody, stored: Stored, final_url: str | None = None) -> Payload:
    """The payload of a response that was archived. `final_url` is given if the response came from a web archive."""
    return Payload(
        final_url=final_url or response.final_url,
        status=response.status,
        content_type=response.content_type,
        size_bytes=seen.size_bytes,
        payload_digest=seen.payload_digest,
        stored=stored,
    )


def item_discovered(
    item: FeedItem,
    *,
    article: UUID,
    source_id: str,
    feed_url: str,
    producer: str,
    caused_by: UUID,
    occurred_at: datetime,
    supersedes: UUID | None = None,
    via: Via = Via.LIVE,
) -> ItemDiscovered:
    """The event of an item in a feed, a sitemap or an archived document. `supersedes` is the item's last event, if what
    is said about it has changed."""
    return ItemDiscovered(
        stream=f"article:{article}",
        occurred_at=occurred_at,
        producer=producer,
        caused_by=caused_by,
        source_id=source_id,
        feed_url=feed_url,
        article_id=article,
        url=item.url,
        canonical_url=item.canonical_url,
        guid=item.guid,
        title=item.title,
        summary=item.summary,
        published_at=item.published_at,
        updated_at=item.updated_at,
        published_raw=item.published_raw,
        said_digest=item.said_digest,
        supersedes=supersedes,
        via=via,
        published_quality=item.published_quality,
        content=item.content,
        authors=item.authors or None,
        categories=item.categories or None,
        enclosures=item.enclosures or None,
        redirector_url=item.redirector_url,
    )


def page_captured(
    page: WantedPage,
    payload: Payload,
    *,
    producer: str,
    caused_by: UUID,
    occurred_at: datetime,
    captured_at: datetime | None = None,
    via: Via = Via.LIVE,
) -> ArticleCaptured:
    """The event of an archived page. `captured_at` is given if it was fetched before `occurred_at`, by an archive."""
    return ArticleCaptured(
        **head_of(page, producer=producer, caused_by=caused_by, occurred_at=occurred_at),
        final_url=payload.final_url,
        status=payload.status,
        content_type=payload.content_type,
        payload_digest=payload.payload_digest,
        warc_payload_digest=payload.stored.warc_payload_digest,
        bytes=payload.size_bytes,
        warc_type=payload.stored.warc_type,
        warc_file=payload.stored.location.warc_file,
        warc_offset=payload.stored.location.warc_offset,
        warc_length=payload.stored.location.warc_length,
        warc_digest=payload.stored.location.warc_digest,
        captured_at=captured_at or occurred_at,
        via=via,
    )


def page_failed(
    page: WantedPage, failure: PageFailure, *, producer: str, caused_by: UUID, occurred_at: datetime, attempt: int
) -> CaptureFailed:
    """The event of an attempt that gave no page. The page is asked for again if the failure may pass and fewer than
    `MAX_ATTEMPTS` were made."""
    return CaptureFailed(
        **head_of(page, producer=producer, caused_by=caused_by, occurred_at=occurred_at),
        reason=failure.reason,
        status=failure.status,
        detail=failure.detail,
        attempt=attempt,
        will_retry=is_passing(failure.reason, failure.status) and attempt < MAX_ATTEMPTS,
        retry_at=failure.retry_at,
    )


def next_attempt_at(failures: int, failed_at: datetime, retry_at: datetime | None) -> datetime:
    """When a page that has failed this often, last at `failed_at`, may be asked for again.

    `retry_at` is the time that the server gave, if it gave one.
    """
    growth: int = _PAUSE_GROWTH ** (min(failures, MAX_ATTEMPTS) - 1)
    paused = failed_at + _FIRST_PAUSE * growth
    return max(paused, retry_at) if retry_at else paused
