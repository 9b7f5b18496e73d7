"""Searches of a source's history for articles of an interval: in its sitemaps and in a web archive. Records nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

import msgspec

from pipeline.archive.archive import Archive
from pipeline.collect.history.archive_search import ArchiveSearch, ArchiveSearcher
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import HistoryResult
from pipeline.collect.history.sitemap_files import IsErased, SitemapReadings, nothing_is_erased
from pipeline.collect.history.sitemap_walk import SitemapWalk, named_sitemaps, robots_address
from pipeline.collect.history.wayback import WebArchive
from pipeline.collect.http.addresses import AllowedHosts
from pipeline.collect.http.client import Client, Limits
from pipeline.errors import SettingsError
from pipeline.events import Via
from pipeline.interval import Interval
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.backfill.history_state import ReadAt, fresh_since
from pipeline.steps.run.visits import host_records, polite_client, timeouts

OnResult = Callable[[HistoryResult], Awaitable[None]]


async def _ignore(_: HistoryResult) -> None:
    pass


class HistorySearch(msgspec.Struct, frozen=True):
    """The outcome of searching one source of history."""

    results: tuple[HistoryResult, ...]
    notices: tuple[str, ...] = ()
    """Lines for people about what was left out."""


class History(msgspec.Struct, frozen=True):
    """The clients for a search: one for the sources' sites, and one for web archives, with a budget of its own."""

    client: Client
    archives: Client
    settings: Settings
    now: Callable[[], datetime]

    def on_behalf_of(self, source: Source) -> History:
        """These clients for one source: the worker processes read its answers in turn with those of other sources."""
        own = {"client": self.client.on_behalf_of(source.id), "archives": self.archives.on_behalf_of(source.id)}
        return msgspec.structs.replace(self, **own)

    def web_archive(self, source: Source) -> WebArchive | None:
        """The web archive to search for this source; None if it must not be asked."""
        url = self.settings.wayback_url
        return WebArchive(self.archives, url) if asks_web_archive(self.settings, source) else None


def asks_web_archive(settings: Settings, source: Source) -> bool:
    """True if a web archive is searched for this source."""
    return _may_ask(settings.wayback_url, source, settings)


def reads_cc_news(settings: Settings, source: Source) -> bool:
    """True if CC-NEWS is read for this source."""
    return _may_ask(settings.cc_news_url, source, settings)


def _may_ask(archive_url: str, source: Source, settings: Settings) -> bool:
    """True if the archive may learn of this source. A public archive has no pages of hosts in your own network, and
    must not learn their names."""
    allowed = AllowedHosts(settings.allow_hosts)
    is_own = (urlsplit(source.homepage).hostname or "") in allowed
    return bool(archive_url) and (not is_own or (urlsplit(archive_url).hostname or "") in allowed)


@asynccontextmanager
async def open_history(
    settings: Settings, roster: Sequence[Source], now: Callable[[], datetime]
) -> AsyncIterator[History]:
    """Open the clients for these sources and for web archives."""
    archives = Client(
        allow_hosts=settings.allow_hosts,
        limits=Limits(settings.wayback_requests_per_second),
        contact=settings.contact,
        now=now,
        hosts=settings.host_folder,
        timeouts=timeouts(settings),
        records=host_records(settings),
    )
    async with polite_client(settings, roster, now) as client, archives:
        yield History(client, archives, settings, now)


async def require_somebody_to_ask(
    settings: Settings, sources: Sequence[Source], roster: Sequence[Source], now: Callable[[], datetime]
) -> None:
    """Raises SettingsError if no part of these sources' history could be requested.

    Reads their robots.txt, which may name sitemaps, if neither sources.toml nor the settings name anything.
    """
    if any(each.sitemaps or asks_web_archive(settings, each) or reads_cc_news(settings, each) for each in sources):
        return
    async with open_history(settings, roster, now) as history:
        if any(await asyncio.gather(*(_may_name_sitemaps(history.on_behalf_of(source), source) for source in sources))):
            return
    raise SettingsError(
        "nobody can be asked: no source names a sitemap, no web archive is searched for one, and no page is missing;"
        " --no-recover, in Airflow the parameter `recover`, replays without asking"
    )


async def _may_name_sitemaps(history: History, source: Source) -> bool:
    """True if the source's robots.txt names a sitemap, or cannot be read now."""
    try:
        return bool(await named_sitemaps(history.client, source.homepage))
    except NotRead:
        return True


async def search_sitemaps(
    history: History,
    source: Source,
    interval: Interval,
    readings: SitemapReadings,
    archive: Archive | None = None,
    on_result: OnResult = _ignore,
    is_erased: IsErased = nothing_is_erased,
) -> HistorySearch:
    """Search the source's sitemaps for articles of the interval.

    `on_result` gets each sitemap's result when it is read. With an archive, the sitemaps are archived, except those
    that list something erased.
    """
    results: list[HistoryResult] = []

    async def tell(result: HistoryResult) -> None:
        results.append(result)
        await on_result(result)

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
        is_erased=is_erased,
    )
    named: tuple[str, ...] = ()
    try:
        named = await named_sitemaps(history.client, source.homepage)
    except NotRead as failure:
        await tell(HistoryResult(via=Via.SITEMAP, url=robots_address(source.homepage), failure=failure))
    await walk.read((*source.sitemaps, *named))
    notices = (f"{walk.unread} sitemaps are left to the next run",) if walk.unread else ()
    return HistorySearch(tuple(results), notices)


async def search_web_archive(
    history: History,
    source: Source,
    interval: Interval,
    read_at: Mapping[Interval, ReadAt],
    on_result: OnResult = _ignore,
) -> HistorySearch:
    """Search the archived captures of the source's feeds, front page and section pages, day by day.

    `read_at` tells what earlier runs have read for each day. `on_result` gets each document's result when it is read.
    """
    archive = history.web_archive(source)
    if archive is None:
        return HistorySearch(())
    results: list[HistoryResult] = []

    async def tell(result: HistoryResult) -> None:
        results.append(result)
        await on_result(result)

    searcher = ArchiveSearcher(archive, hosts=source.hosts, zone=source.zone)
    for day in days_of(interval):
        may_continue = await _search_day(searcher, source, day, read_at.get(day, {}), tell)
        if not may_continue:
            break
    notices = dict.fromkeys(f"the web archive: {result.failure.detail}" for result in results if result.failure)
    return HistorySearch(tuple(results), tuple(notices))


async def _search_day(
    searcher: ArchiveSearcher, source: Source, day: Interval, read_at: ReadAt, tell: OnResult
) -> bool:
    """Search one day; return False if the archive wants no more requests now.

    The result of a front page is reported last, because it is complete only if its sections were read.
    """
    wanted = [(url, searcher.feed) for url in source.feeds]
    wanted.append((source.homepage, searcher.front_page))
    done = {url for via, url in read_at if via is Via.WAYBACK}
    asked: set[str] = set()
    fronts: list[ArchiveSearch] = []
    try:
        for url, search in wanted:  # sections are added while the loop runs
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
                await tell(_archive_result(found, day, done))
            if found.is_archive_busy:
                return False
    finally:
        for front in fronts:
            await tell(_archive_result(front, day, done))
    return True


def days_of(interval: Interval) -> list[Interval]:
    """The interval, cut at midnight UTC. Results are recorded by day, so that intervals that overlap can share them."""
    days, start = [], interval.start
    while start < interval.end:
        midnight = datetime.combine(start.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        end = min(midnight, interval.end)
        days.append(Interval(start, end))
        start = end
    return days


def _archive_result(search: ArchiveSearch, day: Interval, done: set[str]) -> HistoryResult:
    """The result of one document. `done` are the addresses whose captures were read completely."""
    return HistoryResult(
        via=Via.WAYBACK,
        url=search.url,
        interval=day,
        failure=search.failure,
        is_partial=not done.issuperset(search.sections),
        entries=search.entries,
        sightings=search.sightings,
    )
