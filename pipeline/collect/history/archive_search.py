"""Finds articles of an interval in the archived captures of a source's feeds, front page and section pages."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import FeedItem, NotAFeed, parse_feed
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import Sighting, dated_by_itself
from pipeline.collect.history.wayback import ArchivedCapture, IndexCutOff, WebArchive
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.section_pages import (
    Link,
    linked_items,
    looks_like_article,
    page_links,
    section_addresses,
)
from pipeline.interval import Interval
from pipeline.sources.sites import is_on

MAX_MEMENTOS = 8
"""Maximum number of captures of a feed or page that are read for each day of the interval, evenly spread."""
BEFORE = timedelta(days=2)
"""Search this far before the interval for a capture that shows the articles of earlier days."""
AFTER = timedelta(days=1)
"""Search this far after the interval: a feed may still hold its articles."""


class ArchiveSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The articles of the interval in the archived captures of one feed or page."""

    url: str
    failure: NotRead | None = None
    """Why the captures, or some of them, could not be read; a retry may succeed."""
    captures: int = 0
    """Number of captures that were read."""
    entries: int = 0
    """Number of distinct pages that they name."""
    sightings: tuple[Sighting, ...] = ()
    sections: tuple[str, ...] = ()
    """Addresses of section pages that a front page links to; their captures can be searched as well."""

    @property
    def is_archive_busy(self) -> bool:
        """True if the archive refuses further requests for now."""
        return self.failure is not None and self.failure.is_host_busy


class _Contents(msgspec.Struct, frozen=True):
    """The articles and links of a capture."""

    at: datetime
    items: Sequence[FeedItem]
    links: Sequence[Link]


def _page_contents(response: Response, url: str, at: datetime, hosts: AbstractSet[str]) -> _Contents:
    links = page_links(response.decoded(), url=url, content_type=response.content_type, hosts=hosts)
    return _Contents(at, linked_items(link for link in links if looks_like_article(link.url)), links)


def _feed_contents(response: Response, url: str, at: datetime, hosts: AbstractSet[str], *, zone: ZoneInfo) -> _Contents:
    """Raises NotAFeed."""
    feed = parse_feed(response.decoded(), url=url, content_type=response.content_type, zone=zone, now=at)
    return _Contents(at, [item for item in feed.items if is_on(item.url, hosts)], ())


class ArchiveSearcher:
    """Searches one archive for articles of an interval on the hosts of a source."""

    def __init__(self, archive: WebArchive, *, hosts: AbstractSet[str], zone: ZoneInfo) -> None:
        self._archive, self._hosts, self._zone = archive, hosts, zone
        self._kept: dict[str, dict[ArchivedCapture, _Contents]] = {}
        """The captures read last, by feed or page: neighbouring intervals share captures."""

    async def feed(self, url: str, interval: Interval) -> ArchiveSearch:
        """Search the archived captures of a feed."""
        return await self._search(url, interval, html=False)

    async def front_page(self, url: str, interval: Interval) -> ArchiveSearch:
        """Search the archived captures of a front page for articles and section pages."""
        return await self._search(url, interval, html=True)

    async def section_page(self, url: str, interval: Interval) -> ArchiveSearch:
        """Search the archived captures of a section page for articles."""
        return msgspec.structs.replace(await self._search(url, interval, html=True), sections=())

    async def _search(self, url: str, interval: Interval, *, html: bool) -> ArchiveSearch:
        since, until = interval.start - BEFORE, interval.end + AFTER
        failure: NotRead | None = None
        try:
            captures: Sequence[ArchivedCapture] = await self._archive.captures(url, since=since, until=until, html=html)
        except IndexCutOff as exc:
            captures, failure = exc.captures, exc
        except NotRead as exc:
            return ArchiveSearch(url=url, failure=exc)
        seen = _Seen()
        sections: dict[str, None] = {}
        kept, self._kept[url] = self._kept.get(url, {}), {}
        for capture in chosen(captures, interval):
            try:
                contents = kept.get(capture) or await self._read(capture, html=html)
            except NotRead as exc:
                failure = exc if exc.is_passing else failure
                if exc.is_host_busy:
                    break
                continue
            self._kept[url][capture] = contents
            seen.add(contents.items, contents.at, self._archive.address(capture))
            sections |= dict.fromkeys(section_addresses(contents.links))
        return ArchiveSearch(
            url=url,
            failure=failure,
            captures=len(self._kept[url]),
            entries=len(seen.first),
            sightings=tuple(self._sightings(seen, interval)),
            sections=tuple(sections),
        )

    async def _read(self, capture: ArchivedCapture, *, html: bool) -> _Contents:
        """Raises NotRead."""
        memento = await self._archive.read(capture)
        if html:
            return await self._archive.parse(memento, _page_contents, memento.url, memento.at, self._hosts)
        try:
            return await self._archive.parse(
                memento, _feed_contents, memento.url, memento.at, self._hosts, zone=self._zone
            )
        except NotAFeed as exc:
            raise NotRead("not_a_feed", str(exc), status=memento.response.status) from exc

    def _sightings(self, seen: _Seen, interval: Interval) -> list[Sighting]:
        """An article without a date gets the time of its first capture, if an earlier capture does not have it."""
        found = []
        for listed, at, found_in in seen.first.values():
            item, dated_at = dated_by_itself(listed, self._zone, at)
            if dated_at is None and seen.began_at is not None and at > seen.began_at:
                dated_at = at
            if dated_at is not None and dated_at in interval:
                found.append(Sighting(item=item, found_in=found_in, dated_at=dated_at))
        return found


class _Seen:
    """The first capture in which each article appears. Captures are added in order."""

    def __init__(self) -> None:
        self.began_at: datetime | None = None
        """The time of the first capture."""
        self.first: dict[str, tuple[FeedItem, datetime, str]] = {}
        """Item, time and address of the capture, by canonical address of the article."""

    def add(self, items: Sequence[FeedItem], at: datetime, found_in: str) -> None:
        self.began_at = self.began_at or at
        for item in items:
            self.first.setdefault(item.canonical_url, (item, at, found_in))


def chosen(captures: Sequence[ArchivedCapture], interval: Interval) -> list[ArchivedCapture]:
    """The last capture before the interval, up to the allowed number within it, and the first one after it."""
    before = [capture for capture in captures if capture.at < interval.start][-1:]
    within = [capture for capture in captures if capture.at in interval]
    after = [capture for capture in captures if capture.at >= interval.end][:1]
    allowed = MAX_MEMENTOS * interval.days
    if len(within) > allowed:
        within = [within[no * len(within) // allowed] for no in range(allowed)]
    return [*before, *within, *after]
