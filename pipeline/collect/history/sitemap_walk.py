"""Reads those sitemaps of a source that can name articles of an interval.

A sitemap index says when each sitemap was last modified (sitemaps.org). Many outlets also name a month or a day in the
address of a sitemap. Then only the address counts, because dates of modification change with the layout.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.archive import Archive
from pipeline.collect.discovery.links import read_declared_sitemaps
from pipeline.collect.feeds import Feed, FeedItem, SitemapLink
from pipeline.collect.history.documents import NotRead, fetch_failures, read_document
from pipeline.collect.history.sightings import (
    NOON,
    HistoryResult,
    Sighting,
    dated_by_itself,
    lastmod_is_now,
    lastmod_is_of_file,
    named_interval,
)
from pipeline.collect.history.sitemap_files import IsErased, SitemapFiles, SitemapReadings, nothing_is_erased
from pipeline.collect.http.client import Client
from pipeline.collect.pages.section_pages import is_listing
from pipeline.events import DateQuality, Via
from pipeline.interval import Interval
from pipeline.sources.sites import is_on

MAX_SITEMAPS = 50
"""Maximum number of sitemaps that are read from a source for each day of the interval."""
MAX_DEPTH = 3
"""Maximum depth of indexes in indexes."""
UNDATED_KEPT = timedelta(days=30)
"""An undated sitemap that was read after the interval ended is not read again for this long."""
_SLACK = timedelta(days=1)
"""Tolerance around an interval in an address, whose zone is unknown, and after a date that may have no time."""
_OVER_ONE_DAY = timedelta(hours=26)
"""More than any day, also the one on which summer time ends."""
_OVER_ONE_MONTH = timedelta(days=32)
_NEVER = datetime.min.replace(tzinfo=UTC)
_Rank = tuple[int, float]
_BY_NAME, _BY_CHANGE, _UNDATED = range(3)


OnRead = Callable[[HistoryResult], Awaitable[None]]


async def _ignore(_: HistoryResult) -> None:
    pass


def robots_address(homepage: str) -> str:
    return urljoin(homepage, "/robots.txt")


async def named_sitemaps(client: Client, homepage: str) -> tuple[str, ...]:
    """The sitemaps that the robots.txt of the site names; none without a robots.txt. Raises NotRead."""
    url = robots_address(homepage)
    try:
        response = await read_document(client, url)
    except NotRead as failure:
        if failure.reason == "http_4xx" and not failure.is_passing:
            return ()
        raise
    with fetch_failures():
        return await client.read(response, read_declared_sitemaps)


class SitemapWalk:
    """Reads sitemaps, each once: the given ones and what they name, the most promising ones first.

    The given sitemaps come first, up to half of the number that may be read. Among the others, those that were never
    requested come before those that earlier runs requested, and of the latter the one that was requested longest ago
    comes first. So each run resumes where the one before it ended.
    """

    def __init__(
        self,
        client: Client,
        interval: Interval,
        *,
        hosts: AbstractSet[str],
        zone: ZoneInfo,
        now: datetime,
        readings: SitemapReadings | None = None,
        fresh_since: datetime | None = None,
        archive: Archive | None = None,
        on_read: OnRead = _ignore,
        is_erased: IsErased = nothing_is_erased,
    ) -> None:
        """`hosts` are the hosts of the wanted articles. Sitemaps read since `fresh_since` are not read again. With an
        archive, sitemaps are archived, and recent ones are read from there. `on_read` is called
        with each sitemap's result as soon as it was read, and with each index's result at the end of the walk."""
        self._interval, self._hosts, self._zone, self._now, self._on_read = interval, hosts, zone, now, on_read
        self._readings = readings or {}
        self._fresh_since = fresh_since or now
        self._files = SitemapFiles(
            client,
            self._readings,
            zone=zone,
            now=now,
            fresh_since=self._fresh_since,
            archive=archive,
            is_erased=is_erased,
        )
        self._allowed = MAX_SITEMAPS * interval.days
        self._waiting: list[tuple[tuple[bool, datetime, _Rank, int], int, str, int]] = []
        self._seen: set[str] = set()
        self._unfinished: set[str] = set()
        self._indexes: list[tuple[HistoryResult, list[str]]] = []
        self._busy_hosts: set[str | None] = set()
        self.reads: list[HistoryResult] = []
        """In the order in which `on_read` got them."""
        self.unread = 0
        """Number of skipped sitemaps: beyond MAX_SITEMAPS or MAX_DEPTH, or on a host that is busy."""

    async def read(self, urls: Sequence[str]) -> None:
        """Walk from these sitemaps. `on_read` gets every result, also after an interrupt."""
        roots = [SitemapLink(url, None) for url in urls]
        roots.sort(key=lambda root: self._tried_at(root.url))
        for place, root in enumerate(roots):
            self._offer(root, depth=0, place=place, is_first=place < self._allowed // 2)
        try:
            while self._waiting and self._allowed:
                _, _, url, depth = heapq.heappop(self._waiting)
                if urlsplit(url).hostname in self._busy_hosts:
                    self.unread += 1
                else:
                    self._allowed -= 1
                    await self._read(url, depth)
        finally:
            self.unread += len(self._waiting)
            partial = self._partial()
            for index, _ in self._indexes:
                await self._tell(msgspec.structs.replace(index, is_partial=index.url in partial))

    def _offer(self, link: SitemapLink, *, depth: int, place: int, is_first: bool = False) -> bool:
        """Queue the sitemap unless it was read recently enough, and say whether it can hold articles of the interval.

        `place` is its position in the index that names it.
        """
        is_root = depth == 0
        rank = self._rank(link, is_root=is_root)
        if rank is None:
            return False
        if link.url in self._seen:
            return True
        self._seen.add(link.url)
        if self._is_fresh(link.url) or (not is_root and self._is_settled(link, rank)):
            return True
        self._unfinished.add(link.url)
        if depth > MAX_DEPTH:
            self.unread += 1
        else:
            key = (not is_first, self._tried_at(link.url), rank, place)
            heapq.heappush(self._waiting, (key, len(self._seen), link.url, depth))
        return True

    def _tried_at(self, url: str) -> datetime:
        reading = self._readings.get(url)
        return (reading.tried_at if reading else None) or _NEVER

    def _is_fresh(self, url: str) -> bool:
        """True if it was read for this interval since `fresh_since`."""
        reading = self._readings.get(url)
        return reading is not None and reading.read_at is not None and reading.read_at >= self._fresh_since

    def _is_settled(self, link: SitemapLink, rank: _Rank) -> bool:
        """True if it was read after the interval had ended, and is not known to have changed since then."""
        reading = self._readings.get(link.url)
        if reading is None or reading.read_at is None or reading.read_at < self._interval.end + _SLACK:
            return False
        if link.modified_at is not None:
            return link.modified_at + _SLACK < reading.read_at
        return rank[0] == _UNDATED and reading.read_at > self._now - UNDATED_KEPT

    def _rank(self, link: SitemapLink, *, is_root: bool) -> _Rank | None:
        """None if its dates cannot match. The lower the rank, the likelier it holds articles of the interval.

        A day or month in the address that does not match excludes the sitemap. What looks like a year may be
        any other number, so a year that does not match excludes only a sitemap that an index names without a date of
        modification.
        """
        modified_at = link.modified_at
        after = (modified_at - self._interval.start).total_seconds() if modified_at else 0.0
        named = named_interval(link.url, self._zone)
        if named is not None:
            length = named.end - named.start
            if Interval(named.start - _SLACK, named.end + _SLACK).overlaps(self._interval):
                return (_BY_NAME, length.total_seconds())
            if length < _OVER_ONE_MONTH or not (is_root or modified_at):
                return None
        if modified_at is None:
            return (_UNDATED, 0.0 if "news" in urlsplit(link.url).path.lower() else 1.0)
        return (_BY_CHANGE, max(after, 0.0)) if after >= -_SLACK.total_seconds() else None

    async def _read(self, url: str, depth: int) -> None:
        try:
            file = await self._files.get(url)
        except NotRead as failure:
            if failure.is_host_busy:
                self._busy_hosts.add(urlsplit(url).hostname)
            await self._tell(HistoryResult(via=Via.SITEMAP, url=url, failure=failure))
            return
        defect, feed = file.failure, file.content.feed
        if defect is None:
            self._unfinished.discard(url)
        links = feed.sitemaps if feed else ()
        read = HistoryResult(
            via=Via.SITEMAP,
            url=url,
            failure=defect,
            read_at=file.read_at,
            payload_digest=file.content.payload_digest,
            location=file.location,
            entries=len(feed.items) + len(links) if feed else 0,
            sightings=tuple(self._sightings(url, feed, file.read_at)) if feed else (),
        )
        if links:
            named = [link.url for no, link in enumerate(links) if self._offer(link, depth=depth + 1, place=no)]
            self._indexes.append((read, named))
        else:
            await self._tell(read)

    async def _tell(self, read: HistoryResult) -> None:
        self.reads.append(read)
        await self._on_read(read)

    def _partial(self) -> set[str]:
        """Addresses of sitemaps that were not read to their end, and of the indexes that name such sitemaps."""
        partial = set(self._unfinished)
        while more := {
            index.url for index, named in self._indexes if index.url not in partial and not partial.isdisjoint(named)
        }:
            partial |= more
        return partial

    def _sightings(self, url: str, feed: Feed, read_at: datetime) -> list[Sighting]:
        named = named_interval(url, self._zone)
        day = named if named and named.end - named.start < _OVER_ONE_DAY else None
        found = []
        dates_nothing = lastmod_is_now(feed.items, read_at) or lastmod_is_of_file(feed.items)
        for listed in feed.items:
            changed_at = None if dates_nothing else _changed_at(listed)
            item, dated_at = dated_by_itself(listed, self._zone, changed_at)
            dated_at = dated_at or _dated_by_sitemap(changed_at, day)
            if listed.published_at is None and is_listing(item.url):
                continue  # unlike news sitemaps, others also list pages that are not articles
            if dated_at is not None and dated_at in self._interval and is_on(item.url, self._hosts):
                found.append(Sighting(item=item, found_in=url, dated_at=dated_at))
        return found


def _changed_at(item: FeedItem) -> datetime | None:
    if item.updated_at is not None and item.updated_quality is DateQuality.DAY_ONLY:
        return item.updated_at + NOON
    return item.updated_at


def _dated_by_sitemap(changed_at: datetime | None, day: Interval | None) -> datetime | None:
    """The day of the sitemap if the page was not modified on it, else the time of that modification."""
    if day is None:
        return changed_at
    return changed_at if changed_at is not None and changed_at in day else day.start + NOON
