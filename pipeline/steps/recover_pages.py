"""The pages of articles that have none yet: live first, from a web archive when they are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipeline.collect.archive import Stored
from pipeline.collect.exchanges import NOT_ASKED, FetchFailed, Response
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.mementos import WebArchive
from pipeline.collect.http import Client
from pipeline.events import ArticleCaptured, CaptureFailed, Via
from pipeline.ids import digest
from pipeline.sources import Source
from pipeline.steps.history_items import PRODUCER
from pipeline.steps.history_state import FRONT_PAGE, NOT_ARCHIVED, ArticleOfInterval, is_gone
from pipeline.steps.progress import Progress
from pipeline.steps.stores import StepResult, Stores, uninterrupted

MAX_PAGES = 5_000
"""Of a source that one run asks for, live and archived."""
MAX_ATTEMPTS = 5
BATCH_PAGES = 100
"""So many go into one append."""
_NEAREST = 3
"""So many captures of an article are tried, the nearest to its publication first."""
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_PASSING_STATUS = frozenset({408, 425, 429})
_PASSING_REASONS = frozenset(
    {"timeout", "dns", "connection", "incomplete", "bad_encoding", "bad_response", "robots_unavailable"}
)

PageEvent = ArticleCaptured | CaptureFailed


class HadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was archived."""

    final_url: str
    status: int | None
    content_type: str | None
    body: bytes
    stored: Stored
    captured_at: datetime
    via: Via


class PageRecovery:
    """Captures pages of one source and records what came of each."""

    def __init__(self, stores: Stores, client: Client, archive: WebArchive | None, source: Source) -> None:
        self._stores, self._client, self._archive, self._source = stores, client, archive, source
        self.notices: dict[str, None] = {}
        """What was put off, and why."""

    async def run(self, articles: Sequence[ArticleOfInterval]) -> StepResult:
        """The pages of those articles that lack theirs and may have one; one append a batch."""
        wanted = [article for article in articles if article.wants_live_page or self._wants_archived(article)]
        if len(wanted) > MAX_PAGES:
            self.notices[f"{len(wanted) - MAX_PAGES} of {len(wanted)} pages are left to the next run"] = None
        wanted = wanted[:MAX_PAGES]
        result = StepResult({})
        for first in range(0, len(wanted), BATCH_PAGES):
            result += await self._batch(wanted[first : first + BATCH_PAGES])
            done = min(first + BATCH_PAGES, len(wanted))
            self._stores.on_progress(Progress("recover", self._source.id, done, len(wanted)))
        return result + StepResult({}, notices=tuple(f"source {self._source.id}: {notice}" for notice in self.notices))

    async def _batch(self, articles: Sequence[ArticleOfInterval]) -> StepResult:
        """What was had is recorded also when the run is interrupted or a page ends in an error."""
        tasks = [asyncio.ensure_future(self._page(article)) for article in articles]
        try:
            await asyncio.wait(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            done = [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
            result = await uninterrupted(self._stores.recording([event for events in done for event in events]))
        for task in tasks:
            task.result()
        return result

    async def _page(self, article: ArticleOfInterval) -> list[PageEvent]:
        events: list[PageEvent] = []
        if article.wants_live_page:
            event = await self._live(article)
            if event is None:
                return events
            events.append(event)
            if isinstance(event, ArticleCaptured) or not is_gone(event.reason, event.status):
                return events
            article = msgspec.structs.replace(
                article, attempts=event.attempt, reason=event.reason, status=event.status, failed_at=event.occurred_at
            )
        if self._archive is not None and self._wants_archived(article):
            event = await self._archived(self._archive, article)
            events += [event] if event else []
        return events

    def _wants_archived(self, article: ArticleOfInterval) -> bool:
        return self._archive is not None and article.wants_archived_page(self._stores.now())

    async def _live(self, article: ArticleOfInterval) -> PageEvent | None:
        """None where the host wants to be left alone."""
        try:
            response = await self._client.fetch(article.url)
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED:
                self.notices[failure.detail] = None
                return None
            retry = failure.reason in _PASSING_REASONS
            return self._failed(article, failure.reason, failure.detail, status=failure.status, retry=retry)
        status, content_type = response.status, response.exchange.header("content-type")
        if not 200 <= status < 300:
            reason = "gone" if status == 410 else f"http_{status // 100}xx"
            retry = status >= 500 or status in _PASSING_STATUS
            detail = f"{response.final_url} answers {status}"
            return self._failed(article, reason, detail, status=status, retry=retry, retry_at=response.retry_at)
        if is_front_page(response.final_url) and not is_front_page(article.url):
            return self._failed(article, FRONT_PAGE, f"{article.url} leads to {response.final_url}", status=status)
        if not _is_html(content_type):
            return self._failed(article, "not_html", f"{response.final_url} is {content_type}", status=status)
        return self.captured(article, self._had(response, response.final_url, response.exchange.fetched_at, Via.LIVE))

    async def _archived(self, archive: WebArchive, article: ArticleOfInterval) -> PageEvent | None:
        """None where the archive could not be asked; the page then waits for the next run."""
        try:
            captures = await archive.captures(article.url)
            captures.sort(key=lambda capture: abs(capture.at - article.dated_at))
            for capture in captures[:_NEAREST]:
                try:
                    memento = await archive.read(capture)
                except NotRead as failure:
                    if failure.is_passing:
                        raise
                    continue
                if _is_html(memento.response.exchange.header("content-type")):
                    return self.captured(article, self._had(memento.response, memento.url, memento.at, Via.WAYBACK))
        except NotRead as failure:
            self.notices[f"the web archive could not be asked: {failure.detail}"] = None
            return None
        return self.not_archived(article, f"none of {len(captures)} archived captures can be used")

    def not_archived(self, article: ArticleOfInterval, detail: str) -> CaptureFailed:
        """The page is gone for good; its live status stays with it."""
        return self._failed(article, NOT_ARCHIVED, f"{article.url}: {detail}", status=article.status)

    def captured(self, article: ArticleOfInterval, had: HadPage) -> ArticleCaptured:
        return ArticleCaptured(
            stream=f"article:{article.article_id}",
            occurred_at=self._stores.now(),
            producer=PRODUCER,
            caused_by=article.item_id,
            source_id=article.source_id,
            article_id=article.article_id,
            url=article.url,
            final_url=had.final_url,
            status=had.status,
            content_type=had.content_type,
            payload_digest=digest(had.body),
            warc_payload_digest=had.stored.warc_payload_digest,
            bytes=len(had.body),
            warc_type=had.stored.warc_type,
            warc_file=had.stored.location.warc_file,
            warc_offset=had.stored.location.warc_offset,
            warc_length=had.stored.location.warc_length,
            captured_at=had.captured_at,
            via=had.via,
        )

    def _had(self, response: Response, final_url: str, captured_at: datetime, via: Via) -> HadPage:
        for redirect in response.redirects:
            self._stores.archive.write(redirect)
        return HadPage(
            final_url=final_url,
            status=response.status,
            content_type=response.exchange.header("content-type"),
            body=response.body,
            stored=self._stores.archive.write(response.exchange),
            captured_at=captured_at,
            via=via,
        )

    def _failed(
        self, article: ArticleOfInterval, reason: str, detail: str, *, retry: bool = False, **fields: Any
    ) -> CaptureFailed:
        attempt = article.attempts + 1
        return CaptureFailed(
            stream=f"article:{article.article_id}",
            occurred_at=self._stores.now(),
            producer=PRODUCER,
            caused_by=article.item_id,
            source_id=article.source_id,
            article_id=article.article_id,
            url=article.url,
            reason=reason,
            detail=detail,
            attempt=attempt,
            will_retry=retry and attempt < MAX_ATTEMPTS,
            **fields,
        )


def is_front_page(url: str) -> bool:
    """Whether the address is that of a site, and of no page of it."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _is_html(content_type: str | None) -> bool:
    return not content_type or content_type.partition(";")[0].strip().lower() in _HTML_TYPES
