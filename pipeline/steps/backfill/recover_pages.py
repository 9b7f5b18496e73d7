"""Fetch the pages of articles that have none yet: from their sites, or from a web archive if the site has lost them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit
from uuid import UUID

from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import HistoryResult
from pipeline.collect.history.wayback import IndexCutOff, Memento, WebArchive, is_of_its_time, see_memento
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import NOT_ASKED, Response, SeenBody
from pipeline.collect.pages.requests import fetch_page
from pipeline.collect.pages.section_pages import looks_like_article
from pipeline.events import ArticleCaptured, CaptureFailed, Event, Via
from pipeline.ids import article_id
from pipeline.sources import Source
from pipeline.sources.sites import is_on
from pipeline.steps.backfill.history_items import PRODUCER, result_events
from pipeline.steps.backfill.history_state import (
    NOT_ARCHIVED,
    ArticleOfInterval,
    SourceInterval,
    articles_of_interval_by_source,
)
from pipeline.steps.run.host_locks import GIVE_WAY_SECONDS, HeldByAnotherRun
from pipeline.steps.run.page_batch import PageBatch
from pipeline.steps.run.page_events import PageFailure, Payload, page_captured, page_failed, response_payload
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import SourceLocks

MAX_PAGES = 5_000
"""Maximum number of pages that one call of `PageRecovery.run` requests from the source's site, and as many again from
the web archive."""
BATCH_PAGES = 100
"""Maximum number of pages whose events are recorded with one append."""
_NEAREST = 3
"""Number of archived captures of an article that are tried, beginning with the one nearest to its publication."""


class PageRecovery:
    """Captures the missing pages of one source's articles of an interval."""

    def __init__(
        self,
        stores: Stores,
        client: Client,
        archive: WebArchive | None,
        source: Source,
        past: SourceInterval,
        locks: SourceLocks,
    ) -> None:
        self._stores, self._client, self._archive, self._source = stores, client, archive, source
        self._past, self._locks = past, locks
        self._put_off: set[str] = set()
        """Why no request was sent to the web archive. Such a reason applies to all pages, so it is recorded once."""
        self._notices: dict[str, None] = {}
        """What was put off and why. Only the keys are used, as an ordered set."""

    async def run(self, only: AbstractSet[UUID] | None = None) -> StepResult:
        """Fetch the missing pages of the interval's articles, or of those in `only`.

        The source's hosts are locked for other runs only while pages are requested from them, and not for long at a
        time, because web archives are slow and a backfill is in no hurry.
        """
        articles = await self._articles(only)
        live = self._wanted(articles, Via.LIVE)
        result = await self._pages(live, Via.LIVE)
        if live:
            articles = await self._articles(only)
        result += await self._pages(self._wanted(articles, Via.WAYBACK), Via.WAYBACK)
        notices, self._notices = self._notices, {}
        return result + StepResult({}, notices=tuple(f"source {self._source.id}: {notice}" for notice in notices))

    async def _articles(self, only: AbstractSet[UUID] | None) -> list[ArticleOfInterval]:
        articles = await self._stores.reading(articles_of_interval_by_source, self._past)
        return [article for article in articles if only is None or article.article_id in only]

    def _wanted(self, articles: Iterable[ArticleOfInterval], via: Via) -> list[ArticleOfInterval]:
        now, asked_for = self._stores.now(), self._stores.asked_for

        def is_wanted(article: ArticleOfInterval) -> bool:
            if via is Via.LIVE:
                return article.wants_live_page(now)
            return self._archive is not None and article.wants_archived_page(now)

        return [article for article in articles if (article.article_id, via) not in asked_for and is_wanted(article)]

    async def _pages(self, wanted: Sequence[ArticleOfInterval], via: Via) -> StepResult:
        """Request each page once, unless another run has captured it in the meantime; one append for each batch."""
        if len(wanted) > MAX_PAGES:
            self._notices[f"{len(wanted) - MAX_PAGES} of {len(wanted)} pages are left to the next run"] = None
        result, total = StepResult({}), min(len(wanted), MAX_PAGES)
        pages = PageBatch(
            self._stores,
            "recover",
            self._source.id,
            total,
            visit=self._live if via is Via.LIVE else self._archived,
            failed=lambda article, failure: [self._failed(article, failure)],
        )
        for batch, lock in self._batches(wanted[:MAX_PAGES], via):
            if pages.done and via is Via.LIVE:
                await asyncio.sleep(GIVE_WAY_SECONDS)
            try:
                async with lock:
                    missing = self._wanted(await self._articles({article.article_id for article in batch}), via)
                    self._stores.asked_for |= {(article.article_id, via) for article in missing}
                    result += await pages.run(missing)
                    pages.skip(len(batch) - len(missing))
            except HeldByAnotherRun as held:
                self._notices[f"{total - pages.done} pages are put off, {held}"] = None
                break
        self._notices |= dict.fromkeys(pages.put_off.values())
        return result

    def _batches(
        self, wanted: Sequence[ArticleOfInterval], via: Via
    ) -> Iterator[tuple[Sequence[ArticleOfInterval], AbstractAsyncContextManager[None]]]:
        """Batches of pages, each with the lock that keeps other runs from requesting the same pages: the source's hosts
        for live pages, one day of the source for archived ones."""
        if via is Via.LIVE:
            for first in range(0, len(wanted), BATCH_PAGES):
                yield wanted[first : first + BATCH_PAGES], self._locks.at_hosts()
            return
        for day, pages in groupby(wanted, lambda article: article.dated_at.date()):
            of_day = list(pages)
            for first in range(0, len(of_day), BATCH_PAGES):
                yield of_day[first : first + BATCH_PAGES], self._locks.in_archives(day)

    async def _live(self, article: ArticleOfInterval) -> Sequence[Event]:
        response, seen = await fetch_page(self._client, article.url, article.title)
        if seen.no_page is not None:
            failure = PageFailure(seen.no_page.reason, seen.no_page.detail, response.status, response.retry_at)
            return [self._failed(article, failure)]
        return [self._captured(article, response, seen, response.exchange.fetched_at, Via.LIVE)]

    async def _archived(self, article: ArticleOfInterval) -> Sequence[Event]:
        """The event for the archived capture that is nearest to the publication and shows the article.

        If no capture shows it, the page is recorded as not archived. But if the web archive could not be read, which
        may be temporary, that is recorded instead, and the next run tries again.
        """
        assert self._archive is not None  # else no archived page is wanted
        try:
            captures = await self._archive.captures(article.url)
        except IndexCutOff as cut:
            captures = list(cut.captures)
        except NotRead as failure:
            return self._not_read(article, failure, "the web archive could not be asked")
        captures.sort(key=lambda capture: abs(capture.at - article.dated_at))
        temporary: NotRead | None = None
        for capture in captures[:_NEAREST]:
            try:
                memento = await self._archive.read(capture)
                if not self._is_own(memento, article):
                    continue
                seen = await self._archive.parse(memento, see_memento, article.url, memento.url, article.title)
            except NotRead as failure:
                temporary = failure if failure.is_passing else temporary
                if failure.is_host_busy:
                    break
                continue
            if seen.no_page is None and is_of_its_time(seen, memento.at, article.dated_at):
                return [self._captured(article, memento.response, seen, memento.at, Via.WAYBACK, memento.url)]
        if temporary is not None:
            return self._not_read(article, temporary, "the web archive did not give a page that it has")
        return [self.not_archived(article, f"none of {len(captures)} archived captures can be used")]

    def _is_own(self, memento: Memento, article: ArticleOfInterval) -> bool:
        """True if the archived page is the article's: at its own address, or at another address of its site to which
        the article's address redirected at that time."""
        try:
            # the article's id may have been made by older rules for addresses
            is_own = article_id(memento.url) in {article.article_id, article_id(article.url)}
        except ValueError:
            return False
        hosts = self._source.hosts | {urlsplit(article.url).hostname or ""}
        is_redirected = (
            bool(memento.response.redirects) and is_on(memento.url, hosts) and looks_like_article(memento.url)
        )
        return is_own or is_redirected

    def _not_read(self, article: ArticleOfInterval, failure: NotRead, what: str) -> Sequence[Event]:
        """The event that the web archive could not be read. Nothing if the reason applies to all pages and is already
        recorded."""
        self._notices[f"{what}: {failure.detail}"] = None
        if failure.reason in self._put_off:
            return []
        self._put_off |= NOT_ASKED & {failure.reason}
        find = HistoryResult(via=Via.WAYBACK, url=article.url, failure=failure)
        return result_events(article.source_interval, self._stores.now(), [find], ())

    def not_archived(self, article: ArticleOfInterval, detail: str) -> CaptureFailed:
        """The failure of a page that neither its site nor the web archive has; the status is that of the site."""
        return self._failed(article, PageFailure(NOT_ARCHIVED, f"{article.url}: {detail}", article.status))

    def captured(
        self, article: ArticleOfInterval, payload: Payload, captured_at: datetime, via: Via
    ) -> ArticleCaptured:
        """The capture of a page whose response is already in our archive."""
        return page_captured(
            article,
            payload,
            producer=PRODUCER,
            caused_by=article.item_id,
            occurred_at=self._stores.now(),
            captured_at=captured_at,
            via=via,
        )

    def _captured(
        self,
        article: ArticleOfInterval,
        response: Response,
        seen: SeenBody,
        at: datetime,
        via: Via,
        final_url: str | None = None,
    ) -> ArticleCaptured:
        for redirect in response.redirects:
            self._stores.archive.write(redirect)
        stored = self._stores.archive.write(response.exchange)
        return self.captured(article, response_payload(response, seen, stored, final_url), at, via)

    def _failed(self, article: ArticleOfInterval, failure: PageFailure) -> CaptureFailed:
        return page_failed(
            article,
            failure,
            producer=PRODUCER,
            caused_by=article.item_id,
            occurred_at=self._stores.now(),
            attempt=article.attempts + 1,
        )
