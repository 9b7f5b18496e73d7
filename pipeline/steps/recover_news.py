"""CC-NEWS: pages of a source in Common Crawl's news files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from pipeline.collect.history.cc_news import NewsPage, list_files, read_pages
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.news_slices import NewsSlices
from pipeline.collect.history.periods import Period
from pipeline.collect.history.section_pages import Link, linked_items, looks_like_article
from pipeline.collect.history.sightings import Sighting, dated_by_itself, is_on
from pipeline.collect.http import Client
from pipeline.events import ArticleCaptured, Via
from pipeline.ids import article_id
from pipeline.ledger import Interval
from pipeline.sources import Source
from pipeline.steps.history_items import HistoryFind, record_finds
from pipeline.steps.history_state import ArticleOfInterval, Past, articles_of_past, history_reads
from pipeline.steps.recover_pages import HadPage, PageRecovery
from pipeline.steps.stores import StepResult, Stores, uninterrupted

MAX_BYTES = 200_000_000
"""Of a file's pages of one source that are held in memory."""

Pages = Mapping[UUID, NewsPage]
"""By article, the first capture of each."""


class NewsRecovery:
    """Finds a source's articles of an interval in news files, and takes their pages where the live ones are gone."""

    def __init__(
        self, stores: Stores, slices: NewsSlices, recovery: PageRecovery, source: Source, interval: Interval
    ) -> None:
        self._stores, self._slices, self._recovery = stores, slices, recovery
        self._source = source
        self._past = Past(source.id, interval)
        self._period = Period(interval.start, interval.end)
        self._base_url = stores.settings.cc_news_url

    async def run(self, archives: Client) -> StepResult:
        """File after file, as many as a run may read."""
        files, failures = await list_files(archives, self._base_url, self._period)
        read_at = await self._stores.reading(history_reads, self._past)
        unread = [url for url in (file.url(self._base_url) for file in files) if (Via.CC_NEWS, url) not in read_at]
        notices = [f"CC-NEWS: {failure.detail}" for failure in failures]
        allowed = self._stores.settings.cc_news_files
        if len(unread) > allowed:
            notices.append(f"{len(unread) - allowed} of {len(unread)} CC-NEWS files are left to the next run")
        result = StepResult({}, notices=tuple(f"source {self._source.id}: {notice}" for notice in notices))
        for url in unread[:allowed]:
            result += await self._file(url)
        return result

    async def _file(self, url: str) -> StepResult:
        pages, failure = await self._read(url)
        sightings = [self._sighting(page, url) for page in pages.values()]
        find = HistoryFind(
            via=Via.CC_NEWS,
            url=url,
            failure=failure,
            entries=len(pages),
            sightings=tuple(each for each in sightings if each.dated_at in self._period),
        )
        result = await record_finds(self._stores, self._past, [find])
        result += await self._recovery.run(await self._lacking(pages))
        events = [self._taken(article, pages) for article in await self._lacking(pages) if article.is_gone]
        return result + await uninterrupted(self._stores.recording(events))

    async def _read(self, url: str) -> tuple[Pages, NotRead | None]:
        try:
            news_slice = await self._slices.get(url)
        except NotRead as failure:
            return {}, failure
        pages = await asyncio.to_thread(self._pages, news_slice.path)
        problem = news_slice.problem
        return pages, NotRead("incomplete", f"{url}: {problem}") if problem else None

    def _pages(self, path: Path) -> Pages:
        pages: dict[UUID, NewsPage] = {}
        held = 0
        with path.open("rb") as file:
            for page in read_pages(file, self._period, self._is_wanted):
                if held + len(page.body) <= MAX_BYTES:
                    held += len(page.body)
                    pages.setdefault(article_id(page.url), page)
        return pages

    def _is_wanted(self, url: str) -> bool:
        return is_on(url, self._source.hosts) and looks_like_article(url)

    def _sighting(self, page: NewsPage, found_in: str) -> Sighting:
        (linked,) = linked_items([Link(page.url, None)])
        item, dated_at = dated_by_itself(linked, self._source.zone)
        return Sighting(item=item, found_in=found_in, dated_at=dated_at or page.at)

    async def _lacking(self, pages: Pages) -> list[ArticleOfInterval]:
        articles = await self._stores.reading(articles_of_past, self._past)
        return [article for article in articles if not article.has_page and article.article_id in pages]

    def _taken(self, article: ArticleOfInterval, pages: Pages) -> ArticleCaptured:
        page = pages[article.article_id]
        had = HadPage(
            final_url=page.url,
            status=200,
            content_type=page.content_type,
            body=page.body,
            stored=self._stores.archive.write_resource(page.url, page.body, content_type=page.content_type, at=page.at),
            captured_at=page.at,
            via=Via.CC_NEWS,
        )
        return self._recovery.captured(article, had)
