"""Recover pages of a source from CC-NEWS, Common Crawl's files of news pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import BinaryIO, TypeVar
from uuid import UUID

import msgspec

from pipeline.collect.history.cc_news import NewsPage, is_readable, list_files, page_body, read_pages
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.news_slices import NewsSlices
from pipeline.collect.history.sightings import HistoryResult, Sighting, dated_by_itself
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import FetchFailed
from pipeline.collect.pages.section_pages import Link, linked_items, looks_like_article
from pipeline.events import ArticleCaptured, Via
from pipeline.ids import article_id
from pipeline.interval import Interval
from pipeline.sources import Source
from pipeline.sources.sites import http_address, is_on
from pipeline.steps.backfill.history_items import record_results
from pipeline.steps.backfill.history_state import (
    ArticleOfInterval,
    SourceInterval,
    articles_of_interval_by_source,
    history_reads,
)
from pipeline.steps.backfill.recover_pages import PageRecovery
from pipeline.steps.run.page_events import Payload
from pipeline.steps.run.stores import StepResult, Stores, uninterrupted

R = TypeVar("R")

_CRAWLED_WITHIN = timedelta(days=1)
"""Maximum time from an article's publication until it is crawled: late in the evening, that is the next day."""


class NewsRecovery:
    """Finds a source's articles of an interval in news files, and captures the pages that their site has lost."""

    def __init__(
        self,
        stores: Stores,
        client: Client,
        slices: NewsSlices,
        recovery: PageRecovery,
        source: Source,
        interval: Interval,
    ) -> None:
        self._stores, self._client, self._slices, self._recovery = stores, client, slices, recovery
        self._source = source
        self._past = SourceInterval(source.id, interval)
        self._period = interval
        """The interval of publication."""
        known_until = max(interval.end, stores.now())
        self._crawled = Interval(interval.start, min(interval.end + _CRAWLED_WITHIN, known_until))
        self._base_url = stores.settings.cc_news_url

    async def run(self) -> StepResult:
        """Read the files that may hold the interval's articles, in order of time, at most as many as a run may read."""
        files, failures = await list_files(self._client, self._base_url, self._crawled)
        read_at = await self._stores.reading(history_reads, self._past)
        unread = [url for url in (file.url(self._base_url) for file in files) if (Via.CC_NEWS, url) not in read_at]
        result = StepResult({})
        for url, failure in failures.items():
            result += await self._record(HistoryResult(via=Via.CC_NEWS, url=url, failure=failure))
        allowed = self._stores.settings.cc_news_files
        if len(unread) > allowed:
            left = f"{len(unread) - allowed} of {len(unread)} CC-NEWS files are left to the next run"
            result += StepResult({}, notices=(f"source {self._source.id}: {left}",))
        for url in unread[:allowed]:
            result += await self._file(url)
        return result

    async def _file(self, url: str) -> StepResult:
        try:
            news_slice = await self._slices.get(url)
        except NotRead as failure:
            return await self._record(HistoryResult(via=Via.CC_NEWS, url=url, failure=failure))
        with news_slice.path.open("rb") as file:
            return await self._slice(url, file, news_slice.problem)

    async def _slice(self, url: str, file: BinaryIO, problem: str | None) -> StepResult:
        """Record the slice's articles, then request their live pages, then capture the lost ones from the slice.

        The file counts as read only when the fate of each page is known; until then a later run reads it again.
        """
        sightings = await self._sightings(file, url)
        find = HistoryResult(
            via=Via.CC_NEWS,
            url=url,
            failure=NotRead("incomplete", f"{url}: {problem}") if problem else None,
            is_partial=bool(sightings),
            entries=len(sightings),
            sightings=tuple(each for each in sightings.values() if each.dated_at in self._period),
        )
        result = await self._record(find)
        if not sightings:
            return result
        result += await self._recovery.run(sightings.keys())
        lacking = await self._lacking(sightings.keys())
        gone = {each.article_id: each for each in lacking if each.is_gone}
        result += await uninterrupted(self._stores.recording(await self._taken(file, gone)))
        if find.failure is None and not any(each.will_retry for each in lacking if not each.is_gone):
            result += await self._record(msgspec.structs.replace(find, is_partial=False))
        return result

    async def _record(self, find: HistoryResult) -> StepResult:
        recorded = await record_results(self._stores, self._past, [find])
        if find.failure is None:
            return recorded
        return recorded + StepResult({}, notices=(f"source {self._source.id}: CC-NEWS: {find.failure.detail}",))

    async def _sightings(self, file: BinaryIO, found_in: str) -> dict[UUID, Sighting]:
        """The first capture of each article."""
        sightings: dict[UUID, Sighting] = {}
        pages = read_pages(file, self._crawled, self._is_wanted)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            article = article_id(page.url)
            if article not in sightings and await self._parse(is_readable, page):
                sightings[article] = self._sighting(page, found_in)
        return sightings

    async def _parse(self, function: Callable[[NewsPage], R], page: NewsPage) -> R | None:
        """The result of the function, computed in a worker process; None if the page exceeds its limits."""
        try:
            return await self._client.work(page.url, function, page)
        except FetchFailed:
            return None

    def _is_wanted(self, url: str) -> bool:
        return is_on(url, self._source.hosts) and http_address(url) is not None and looks_like_article(url)

    def _sighting(self, page: NewsPage, found_in: str) -> Sighting:
        (linked,) = linked_items([Link(page.url, None)])
        item, dated_at = dated_by_itself(linked, self._source.zone, page.at)
        return Sighting(item=item, found_in=found_in, dated_at=dated_at or page.at)

    async def _lacking(self, ids: AbstractSet[UUID]) -> list[ArticleOfInterval]:
        articles = await self._stores.reading(articles_of_interval_by_source, self._past)
        return [article for article in articles if not article.has_page and article.article_id in ids]

    async def _taken(self, file: BinaryIO, gone: Mapping[UUID, ArticleOfInterval]) -> list[ArticleCaptured]:
        """Capture the first page of each of these articles, with one page in memory at a time."""
        left = dict(gone)
        file.seek(0)
        pages = read_pages(file, self._crawled, lambda url: self._is_wanted(url) and article_id(url) in left)
        events: list[ArticleCaptured] = []
        while left and (page := await asyncio.to_thread(next, pages, None)) is not None:
            body = await self._parse(page_body, page)
            if body is not None:
                events.append(self._captured(left.pop(article_id(page.url)), page, body))
        return events

    def _captured(self, article: ArticleOfInterval, page: NewsPage, body: bytes) -> ArticleCaptured:
        stored = self._stores.archive.write_resource(page.url, body, content_type=page.content_type, at=page.at)
        payload = Payload(
            final_url=page.url,
            status=200,
            content_type=page.content_type,
            size_bytes=len(body),
            payload_digest=stored.warc_payload_digest,
            stored=stored,
        )
        return self._recovery.captured(article, payload, page.at, Via.CC_NEWS)
