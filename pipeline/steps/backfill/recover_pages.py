"""The pages of articles that have none yet: live first, from a web archive when they are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from pipeline.archive.archive import Stored
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import HistoryResult
from pipeline.collect.history.wayback import IndexCutOff, Memento, WebArchive
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import NOT_ASKED, FetchFailed, Response
from pipeline.collect.pages.answers import ERROR, is_passing, why_no_page
from pipeline.collect.pages.section_pages import looks_like_article
from pipeline.errors import NewsledgerError
from pipeline.events import ArticleCaptured, CaptureFailed, Event, Via
from pipeline.ids import article_id, digest
from pipeline.sources import Source
from pipeline.sources.sites import is_on
from pipeline.steps.backfill.history_items import PRODUCER, find_events
from pipeline.steps.backfill.history_state import NOT_ARCHIVED, ArticleOfInterval, Past, articles_of_past
from pipeline.steps.run.host_locks import GIVE_WAY_SECONDS, HeldByAnotherRun
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import StepResult, Stores, salvage
from pipeline.steps.run.visits import Alone

MAX_PAGES = 5_000
"""Of a source that one run asks for, live, and as many archived."""
MAX_ATTEMPTS = 5
BATCH_PAGES = 100
"""So many go into one append."""
_NEAREST = 3
"""So many captures of an article are tried, the nearest to its publication first."""
_DETAIL_CHARS = 500

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
    """Captures pages of one source's interval and records what came of each."""

    def __init__(
        self, stores: Stores, client: Client, archive: WebArchive | None, source: Source, past: Past, alone: Alone
    ) -> None:
        self._stores, self._client, self._archive, self._source = stores, client, archive, source
        self._past, self._alone = past, alone
        self._put_off: set[str] = set()
        """The reasons recorded for not asking the archive: they hold for all pages."""
        self._notices: dict[str, None] = {}
        """What was put off, and why."""

    async def run(self, only: AbstractSet[UUID] | None = None) -> StepResult:
        """The pages of the interval's articles, or of `only` these, that lack theirs and may have one. The source's
        hosts are kept from other runs only while they are asked themselves, and not for long at a time: a backfill has
        time, and archives are slow."""
        articles = await self._articles(only)
        live = self._wanted(articles, Via.LIVE)
        result = await self._pages(live, Via.LIVE)
        if live:
            articles = await self._articles(only)
        result += await self._pages(self._wanted(articles, Via.WAYBACK), Via.WAYBACK)
        notices, self._notices = self._notices, {}
        return result + StepResult({}, notices=tuple(f"source {self._source.id}: {notice}" for notice in notices))

    async def _articles(self, only: AbstractSet[UUID] | None) -> list[ArticleOfInterval]:
        articles = await self._stores.reading(articles_of_past, self._past)
        return [article for article in articles if only is None or article.article_id in only]

    def _wanted(self, articles: Iterable[ArticleOfInterval], via: Via) -> list[ArticleOfInterval]:
        now, asked_for = self._stores.now(), self._stores.asked_for

        def is_wanted(article: ArticleOfInterval) -> bool:
            if via is Via.LIVE:
                return article.wants_live_page(now)
            return self._archive is not None and article.wants_archived_page(now)

        return [article for article in articles if (article.article_id, via) not in asked_for and is_wanted(article)]

    async def _pages(self, wanted: Sequence[ArticleOfInterval], via: Via) -> StepResult:
        """Each asked for once, and only what no other run has had by then; one append a batch."""
        if len(wanted) > MAX_PAGES:
            self._notices[f"{len(wanted) - MAX_PAGES} of {len(wanted)} pages are left to the next run"] = None
        result, done, total = StepResult({}), 0, min(len(wanted), MAX_PAGES)
        for batch, alone in self._batches(wanted[:MAX_PAGES], via):
            if done and via is Via.LIVE:
                await asyncio.sleep(GIVE_WAY_SECONDS)
            try:
                async with alone:
                    lacking = self._wanted(await self._articles({article.article_id for article in batch}), via)
                    self._stores.asked_for |= {(article.article_id, via) for article in lacking}
                    result += await salvage((self._page(article, via) for article in lacking), self._record)
            except HeldByAnotherRun as held:
                self._notices[f"{total - done} pages are put off, {held}"] = None
                break
            done += len(batch)
            self._stores.on_progress(Progress("recover", self._source.id, done, total))
        return result

    def _batches(
        self, wanted: Sequence[ArticleOfInterval], via: Via
    ) -> Iterator[tuple[Sequence[ArticleOfInterval], AbstractAsyncContextManager[None]]]:
        """With what keeps other runs from asking for the same. An archive is asked for the pages of a day by one."""
        if via is Via.LIVE:
            for first in range(0, len(wanted), BATCH_PAGES):
                yield wanted[first : first + BATCH_PAGES], self._alone.at_hosts()
            return
        for day, pages in groupby(wanted, lambda article: article.dated_at.date()):
            of_day = list(pages)
            for first in range(0, len(of_day), BATCH_PAGES):
                yield of_day[first : first + BATCH_PAGES], self._alone.in_archives(day)

    async def _record(self, events: Sequence[Event | None]) -> StepResult:
        return await self._stores.recording([event for event in events if event is not None])

    async def _page(self, article: ArticleOfInterval, via: Via) -> Event | None:
        try:
            if via is Via.LIVE or self._archive is None:
                return await self._live(article)
            return await self._archived(self._archive, article)
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
                self._notices[failure.detail] = None
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
        """Whether it is a page of the article, at its address or another one on its site to which that led by then."""
        try:
            is_own = article_id(memento.url) == article.article_id
        except ValueError:
            return False
        if why_no_page(article.url, memento.response, memento.url) is not None:
            return False
        hosts = self._source.hosts | {urlsplit(article.url).hostname or ""}
        is_led_to = bool(memento.response.redirects) and is_on(memento.url, hosts) and looks_like_article(memento.url)
        return is_own or is_led_to

    def _not_read(self, article: ArticleOfInterval, failure: NotRead, what: str) -> Event | None:
        """None if it is recorded already."""
        self._notices[f"{what}: {failure.detail}"] = None
        if failure.reason in self._put_off:
            return None
        self._put_off |= NOT_ASKED & {failure.reason}
        find = HistoryResult(via=Via.WAYBACK, url=article.url, failure=failure)
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
