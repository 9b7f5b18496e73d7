"""The pages of articles that have none yet: live first, from a web archive when they are gone."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from pipeline.collect.answers import ERROR, is_html, is_passing, why_no_page
from pipeline.collect.archive import Stored
from pipeline.collect.exchanges import NOT_ASKED, FetchFailed, Response
from pipeline.collect.history.cdx import IndexCutOff
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.mementos import Memento, WebArchive
from pipeline.collect.history.section_pages import looks_like_article
from pipeline.collect.history.sightings import is_on
from pipeline.collect.http import Client
from pipeline.errors import NewsledgerError
from pipeline.events import ArticleCaptured, CaptureFailed, Event, Via
from pipeline.ids import article_id, digest
from pipeline.sources import Source
from pipeline.steps.history_items import PRODUCER, HistoryFind, find_events
from pipeline.steps.history_state import NOT_ARCHIVED, ArticleOfInterval
from pipeline.steps.progress import Progress
from pipeline.steps.stores import StepResult, Stores, salvage

MAX_PAGES = 5_000
"""Of a source that one run asks for, live and archived."""
MAX_ATTEMPTS = 5
BATCH_PAGES = 100
"""So many go into one append."""
_NEAREST = 3
"""So many captures of an article are tried, the nearest to its publication first."""
_DETAIL_CHARS = 500

PageEvent = ArticleCaptured | CaptureFailed
R = TypeVar("R")


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
        self._put_off: set[str] = set()
        """The reasons recorded for not asking the archive: they hold for all pages."""
        self.notices: dict[str, None] = {}
        """What was put off, and why."""

    async def run(self, articles: Sequence[ArticleOfInterval]) -> StepResult:
        """The pages of those articles that lack theirs and may have one, each asked for once; one append a batch."""
        asked_for = self._stores.asked_for
        wanted = [article for article in articles if article.article_id not in asked_for and self._wants(article)]
        if len(wanted) > MAX_PAGES:
            self.notices[f"{len(wanted) - MAX_PAGES} of {len(wanted)} pages are left to the next run"] = None
        wanted = wanted[:MAX_PAGES]
        asked_for |= {article.article_id for article in wanted}
        result = StepResult({})
        for first in range(0, len(wanted), BATCH_PAGES):
            result += await salvage((self._page(each) for each in wanted[first : first + BATCH_PAGES]), self._record)
            done = min(first + BATCH_PAGES, len(wanted))
            self._stores.on_progress(Progress("recover", self._source.id, done, len(wanted)))
        notices, self.notices = self.notices, {}
        return result + StepResult({}, notices=tuple(f"source {self._source.id}: {notice}" for notice in notices))

    async def _record(self, pages: Sequence[Sequence[Event]]) -> StepResult:
        return await self._stores.recording([event for events in pages for event in events])

    def _wants(self, article: ArticleOfInterval) -> bool:
        return article.wants_live_page(self._stores.now()) or self._wants_archived(article)

    def _wants_archived(self, article: ArticleOfInterval) -> bool:
        return self._archive is not None and article.wants_archived_page(self._stores.now())

    async def _page(self, article: ArticleOfInterval) -> list[Event]:
        events: list[Event] = []
        if article.wants_live_page(self._stores.now()):
            event = await self._caught(article, self._live(article))
            if event is None:
                return events
            events.append(event)
            if isinstance(event, ArticleCaptured):
                return events
            article = msgspec.structs.replace(
                article, attempts=event.attempt, reason=event.reason, status=event.status, failed_at=event.occurred_at
            )
        if self._archive is not None and self._wants_archived(article):
            found = await self._caught(article, self._archived(self._archive, article))
            events += [found] if found else []
        return events

    async def _caught(self, article: ArticleOfInterval, work: Awaitable[R]) -> R | CaptureFailed:
        try:
            return await work
        except NewsledgerError:
            raise
        except Exception as exc:  # noqa: BLE001  # one page must not cost the others; the event says what happened
            return self._failed(article, ERROR, f"{type(exc).__name__}: {exc}"[:_DETAIL_CHARS])

    async def _live(self, article: ArticleOfInterval) -> PageEvent | None:
        """None where the host wants to be left alone."""
        try:
            response = await self._client.fetch(article.url)
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED:
                self.notices[failure.detail] = None
                return None
            return self._failed(article, failure.reason, failure.detail, failure.status)
        none = why_no_page(article.url, response)
        if none is not None:
            return self._failed(article, none.reason, none.detail, response.status, response.retry_at)
        return self.captured(article, self._had(response, response.final_url, response.exchange.fetched_at, Via.LIVE))

    async def _archived(self, archive: WebArchive, article: ArticleOfInterval) -> Event | None:
        """The nearest capture that can be used. Where there is none and the archive had trouble, that is recorded, and
        the page waits for the next run."""
        try:
            captures = await archive.captures(article.url)
        except IndexCutOff as cut:
            captures = list(cut.captures)
        except NotRead as failure:
            return self._not_read(article, failure, "the web archive could not be asked")
        captures.sort(key=lambda capture: abs(capture.at - article.dated_at))
        passing: NotRead | None = None
        for capture in captures[:_NEAREST]:
            try:
                memento = await archive.read(capture)
            except NotRead as failure:
                passing = failure if failure.is_passing else passing
                if failure.is_host_busy:
                    break
                continue
            if self._can_be_used(memento, article):
                return self.captured(article, self._had(memento.response, memento.url, memento.at, Via.WAYBACK))
        if passing is not None:
            return self._not_read(article, passing, "the web archive did not give a page that it has")
        return self.not_archived(article, f"none of {len(captures)} archived captures can be used")

    def _can_be_used(self, memento: Memento, article: ArticleOfInterval) -> bool:
        """Whether it is an HTML page of the article's address, or of another on its site to which that led by then."""
        if not is_html(memento.response.exchange.header("content-type")):
            return False
        try:
            if article_id(memento.url) == article.article_id:
                return True
        except ValueError:
            return False
        hosts = self._source.hosts | {urlsplit(article.url).hostname or ""}
        return bool(memento.response.redirects) and is_on(memento.url, hosts) and looks_like_article(memento.url)

    def _not_read(self, article: ArticleOfInterval, failure: NotRead, what: str) -> Event | None:
        """None if it is recorded already."""
        self.notices[f"{what}: {failure.detail}"] = None
        if failure.reason in self._put_off:
            return None
        self._put_off |= NOT_ASKED & {failure.reason}
        find = HistoryFind(via=Via.WAYBACK, url=article.url, failure=failure)
        (event,) = find_events(article.past, self._stores.now(), [find], ())
        return event

    def not_archived(self, article: ArticleOfInterval, detail: str) -> CaptureFailed:
        """The page is gone for good; its live status stays with it."""
        return self._failed(article, NOT_ARCHIVED, f"{article.url}: {detail}", article.status)

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
        self,
        article: ArticleOfInterval,
        reason: str,
        detail: str,
        status: int | None = None,
        retry_at: datetime | None = None,
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
            status=status,
            will_retry=is_passing(reason, status) and attempt < MAX_ATTEMPTS,
            retry_at=retry_at,
        )
