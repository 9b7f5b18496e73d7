"""Asking a source's history: whom, and what of an interval each kind of history has. Records nothing in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

import msgspec

from pipeline.archive.archive import Archive
from pipeline.collect.history.archive_search import ArchiveSearch, ArchiveSearcher
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import HistoryResult
from pipeline.collect.history.sitemap_files import SitemapReadings
from pipeline.collect.history.sitemap_walk import SitemapWalk, named_sitemaps, robots_address
from pipeline.collect.history.wayback import WebArchive
from pipeline.collect.http.addresses import AllowedHosts
from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.events import Via
from pipeline.interval import Interval
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.backfill.history_state import ReadAt, fresh_since
from pipeline.steps.run.visits import polite_client

OnFind = Callable[[HistoryResult], Awaitable[None]]


async def _ignore(_: HistoryResult) -> None:
    pass


class Finds(msgspec.Struct, frozen=True):
    """What one kind of history gave."""

    finds: tuple[HistoryResult, ...]
    notices: tuple[str, ...] = ()
    """What was left out."""


class History(msgspec.Struct, frozen=True):
    """Whom to ask: the sites themselves, and the archives, which have a budget of their own."""

    client: Client
    archives: Client
    settings: Settings
    now: Callable[[], datetime]

    def web_archive(self, source: Source) -> WebArchive | None:
        """None where none is to be asked of this source."""
        url = self.settings.wayback_url
        return WebArchive(self.archives, url) if asks_web_archive(self.settings, source) else None


def asks_web_archive(settings: Settings, source: Source) -> bool:
    """Whether a web archive is asked of this source's pages."""
    return _may_ask(settings.wayback_url, source, settings)


def reads_cc_news(settings: Settings, source: Source) -> bool:
    """Whether CC-NEWS is read for this source."""
    return _may_ask(settings.cc_news_url, source, settings)


def _may_ask(archive_url: str, source: Source, settings: Settings) -> bool:
    """A public archive knows nothing of a host on your own network, and need not learn its name."""
    allowed = AllowedHosts(settings.allow_hosts)
    is_own = (urlsplit(source.homepage).hostname or "") in allowed
    return bool(archive_url) and (not is_own or (urlsplit(archive_url).hostname or "") in allowed)


@asynccontextmanager
async def open_history(
    settings: Settings, roster: Sequence[Source], now: Callable[[], datetime]
) -> AsyncIterator[History]:
    """Clients for these sources and the archives."""
    archives = Client(
        allow_hosts=settings.allow_hosts,
        limits=Limits(settings.wayback_requests_per_second),
        contact=settings.contact,
        now=now,
        hosts=settings.host_folder,
        timeouts=Timeouts(total=settings.request_timeout_seconds, read=settings.read_timeout_seconds),
    )
    async with polite_client(settings, roster, now) as client, archives:
        yield History(client, archives, settings, now)


async def search_sitemaps(
    history: History,
    source: Source,
    interval: Interval,
    readings: SitemapReadings,
    archive: Archive | None = None,
    on_find: OnFind = _ignore,
) -> Finds:
    """The interval's articles in the source's sitemaps. With an archive, the exchanges are archived. `on_find` is told
    of each sitemap as it is read."""
    results: list[HistoryResult] = []

    async def tell(result: HistoryResult) -> None:
        results.append(result)
        await on_find(result)

    walk = SitemapWalk(
        history.client,
        interval,
        hosts=source.hosts,
        zone=source.zone,
        now=history.now(),
        readings=readings,
        fresh_since=fresh_since(interval, history.now()),
        archive=archive,
        on_read=tell,
    )
    named: tuple[str, ...] = ()
    try:
        named = await named_sitemaps(history.client, source.homepage)
    except NotRead as failure:
        await tell(HistoryResult(via=Via.SITEMAP, url=robots_address(source.homepage), failure=failure))
    await walk.read((*source.sitemaps, *named))
    notices = (f"{walk.unread} sitemaps are left to the next run",) if walk.unread else ()
    return Finds(tuple(results), notices)


async def search_web_archive(
    history: History,
    source: Source,
    interval: Interval,
    read_at: Mapping[Interval, ReadAt],
    on_find: OnFind = _ignore,
) -> Finds:
    """The interval's articles in the archived captures of the source's feeds, its front page and its sections, day by
    day. `read_at` is what is known of each day; `on_find` is told of each feed and page as it is read."""
    archive = history.web_archive(source)
    if archive is None:
        return Finds(())
    finds: list[HistoryResult] = []

    async def tell(find: HistoryResult) -> None:
        finds.append(find)
        await on_find(find)

    searcher = ArchiveSearcher(archive, hosts=source.hosts, zone=source.zone)
    for day in days_of(interval):
        may_go_on = await _search_day(searcher, source, day, read_at.get(day, {}), tell)
        if not may_go_on:
            break
    notices = dict.fromkeys(f"the web archive: {find.failure.detail}" for find in finds if find.failure)
    return Finds(tuple(finds), tuple(notices))


async def _search_day(searcher: ArchiveSearcher, source: Source, day: Interval, read_at: ReadAt, tell: OnFind) -> bool:
    """Whether the archive may be asked for more. Of a front page is told at the end: when its sections were read."""
    wanted = [(url, searcher.feed) for url in source.feeds]
    wanted.append((source.homepage, searcher.front_page))
    done = {url for via, url in read_at if via is Via.WAYBACK}
    asked: set[str] = set()
    fronts: list[ArchiveSearch] = []
    try:
        for url, search in wanted:  # it grows
            if url in done or url in asked:
                continue
            asked.add(url)
            found = await search(url, day)
            if found.failure is None:
                done.add(url)
            if found.sections:
                fronts.append(found)
                wanted += [(section, searcher.section_page) for section in found.sections]
            else:
                await tell(_archive_find(found, day, done))
            if found.is_archive_busy:
                return False
    finally:
        for front in fronts:
            await tell(_archive_find(front, day, done))
    return True


def days_of(interval: Interval) -> list[Interval]:
    """The interval, cut at midnight UTC: what was read of a day is known whichever interval it is a part of."""
    days, start = [], interval.start
    while start < interval.end:
        midnight = datetime.combine(start.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        end = min(midnight, interval.end)
        days.append(Interval(start, end))
        start = end
    return days


def _archive_find(search: ArchiveSearch, day: Interval, done: set[str]) -> HistoryResult:
    """`done` are the addresses whose captures have been read to the end."""
    return HistoryResult(
        via=Via.WAYBACK,
        url=search.url,
        interval=day,
        failure=search.failure,
        is_partial=not done.issuperset(search.sections),
        entries=search.entries,
        sightings=search.sightings,
    )
