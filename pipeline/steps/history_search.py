"""Asking a source's history: whom, and what of an interval each kind of history has. Records nothing in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from pipeline.collect.addresses import AllowedHosts
from pipeline.collect.archive import Archive
from pipeline.collect.history.mementos import WebArchive
from pipeline.collect.history.periods import Period
from pipeline.collect.history.sitemaps import SitemapRead, SitemapWalk, sitemap_addresses
from pipeline.collect.history.web_archive import ArchiveSearch, ArchiveSearcher
from pipeline.collect.http import Client, Limits, Timeouts
from pipeline.events import Via
from pipeline.ledger import Interval
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.history_items import HistoryFind
from pipeline.steps.history_state import ReadAt
from pipeline.steps.visits import polite_client


class Finds(msgspec.Struct, frozen=True):
    """What one kind of history gave."""

    finds: tuple[HistoryFind, ...]
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
    history: History, source: Source, interval: Interval, read_at: ReadAt, archive: Archive | None = None
) -> Finds:
    """The interval's articles in the source's sitemaps. With an archive, the exchanges are archived."""
    walk = SitemapWalk(
        history.client,
        Period(interval.start, interval.end),
        hosts=source.hosts,
        zone=source.zone,
        now=history.now(),
        known={url for via, url in read_at if via is Via.SITEMAP},
        archive=archive,
    )
    await walk.read(await sitemap_addresses(history.client, source.homepage, source.sitemaps))
    notices = (f"{walk.unread} sitemaps are left to the next run",) if walk.unread else ()
    return Finds(tuple(_sitemap_find(read) for read in walk.reads), notices)


def _sitemap_find(read: SitemapRead) -> HistoryFind:
    return HistoryFind(
        via=Via.SITEMAP,
        url=read.url,
        failure=read.failure,
        is_partial=read.is_partial,
        entries=read.entries,
        sightings=read.sightings,
        payload_digest=read.payload_digest,
        stored=read.stored,
    )


async def search_web_archive(history: History, source: Source, interval: Interval, read_at: ReadAt) -> Finds:
    """The interval's articles in the archived captures of the source's feeds, its front page and its sections."""
    archive = history.web_archive(source)
    if archive is None:
        return Finds(())
    period = Period(interval.start, interval.end)
    searcher = ArchiveSearcher(archive, period, hosts=source.hosts, zone=source.zone)
    wanted: list[tuple[str, Callable[[str], Awaitable[ArchiveSearch]]]] = [(url, searcher.feed) for url in source.feeds]
    wanted.append((source.homepage, searcher.front_page))
    searches: dict[str, ArchiveSearch] = {}
    for url, search in wanted:  # it grows
        if (Via.WAYBACK, url) in read_at or url in searches:
            continue
        searches[url] = found = await search(url)
        if found.ends_asking:
            break
        wanted += [(section, searcher.section_page) for section in found.sections]
    sound = {url for url, found in searches.items() if found.failure is None} | {url for _, url in read_at}
    finds = tuple(_archive_find(found, sound) for found in searches.values())
    return Finds(finds, tuple(f"the web archive: {find.failure.detail}" for find in finds if find.failure))


def _archive_find(search: ArchiveSearch, sound: set[str]) -> HistoryFind:
    """`sound` are the addresses whose captures have been read to the end."""
    return HistoryFind(
        via=Via.WAYBACK,
        url=search.url,
        failure=search.failure,
        is_partial=not sound.issuperset(search.sections),
        entries=search.entries,
        sightings=search.sightings,
    )
