"""Articles of a period in the archived captures of a source's feeds, front page and section pages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import FeedItem, NotAFeed, parse_feed
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import Sighting, dated_by_itself
from pipeline.collect.history.wayback import ArchivedCapture, IndexCutOff, Memento, WebArchive
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
"""Of one feed or page that are read for each day of the period, evenly spread."""
BEFORE = timedelta(days=2)
"""So far back a capture is looked for that shows what was there already."""
AFTER = timedelta(days=1)
"""So long after the period a feed may still hold what was published in it."""


class ArchiveSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What the archived captures of one feed or page say of the period."""

    url: str
    failure: NotRead | None = None
    """Why they could not be read, or not all of them, for now."""
    captures: int = 0
    """That were read."""
    entries: int = 0
    """Distinct pages that they name."""
    sightings: tuple[Sighting, ...] = ()
    sections: tuple[str, ...] = ()
    """Of a front page, whose captures may be searched as well."""

    @property
    def ends_asking(self) -> bool:
        """The archive wants to be left alone."""
        return self.failure is not None and self.failure.is_host_busy


class _Contents(msgspec.Struct, frozen=True):
    """What a capture shows."""

    at: datetime
    items: Sequence[FeedItem]
    links: Sequence[Link]


class ArchiveSearcher:
    """Searches one archive for articles of a period on a source's hosts."""

    def __init__(self, archive: WebArchive, *, hosts: AbstractSet[str], zone: ZoneInfo) -> None:
        self._archive, self._hosts, self._zone = archive, hosts, zone
        self._kept: dict[str, dict[ArchivedCapture, _Contents]] = {}
        """What was read last of each feed or page: neighbouring periods share captures."""

    async def feed(self, url: str, period: Interval) -> ArchiveSearch:
        """What the archived captures of a feed hold."""
        return await self._search(url, period, html=False)

    async def front_page(self, url: str, period: Interval) -> ArchiveSearch:
        """What the archived captures of a front page link to, articles and sections."""
        return await self._search(url, period, html=True)

    async def section_page(self, url: str, period: Interval) -> ArchiveSearch:
        """What the archived captures of a section page link to."""
        return msgspec.structs.replace(await self._search(url, period, html=True), sections=())

    async def _search(self, url: str, period: Interval, *, html: bool) -> ArchiveSearch:
        since, until = period.start - BEFORE, period.end + AFTER
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
        for capture in chosen(captures, period):
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
            sightings=tuple(self._sightings(seen, period)),
            sections=tuple(sections),
        )

    async def _read(self, capture: ArchivedCapture, *, html: bool) -> _Contents:
        """Raises NotRead."""
        memento = await self._archive.read(capture)
        items, links = await asyncio.to_thread(self._contents, memento, html=html)
        return _Contents(memento.at, items, links)

    def _contents(self, memento: Memento, *, html: bool) -> tuple[Sequence[FeedItem], Sequence[Link]]:
        """The articles that a capture names, and all its links if it is a page. Raises NotRead."""
        body, content_type = memento.response.body, memento.response.exchange.header("content-type")
        if html:
            links = page_links(body, url=memento.url, content_type=content_type, hosts=self._hosts)
            return linked_items(link for link in links if looks_like_article(link.url)), links
        parse = partial(parse_feed, body, url=memento.url, content_type=content_type, zone=self._zone, now=memento.at)
        try:
            return [item for item in parse().items if is_on(item.url, self._hosts)], ()
        except NotAFeed as exc:
            raise NotRead("not_a_feed", str(exc), status=memento.response.status) from exc

    def _sightings(self, seen: _Seen, period: Interval) -> list[Sighting]:
        """An article without a date counts from where it was first seen, if an earlier capture shows it was new."""
        found = []
        for said, at, found_in in seen.first.values():
            item, dated_at = dated_by_itself(said, self._zone, at)
            if dated_at is None and seen.began_at is not None and at > seen.began_at:
                dated_at = at
            if dated_at is not None and dated_at in period:
                found.append(Sighting(item=item, found_in=found_in, dated_at=dated_at))
        return found


class _Seen:
    """Where each article was first seen, by the captures in their order."""

    def __init__(self) -> None:
        self.began_at: datetime | None = None
        """When the first capture was made."""
        self.first: dict[str, tuple[FeedItem, datetime, str]] = {}
        """By canonical address."""

    def add(self, items: Sequence[FeedItem], at: datetime, found_in: str) -> None:
        self.began_at = self.began_at or at
        for item in items:
            self.first.setdefault(item.canonical_url, (item, at, found_in))


def chosen(captures: Sequence[ArchivedCapture], period: Interval) -> list[ArchivedCapture]:
    """The last capture before the period, as many within it as are allowed, and the first one after it."""
    before = [capture for capture in captures if capture.at < period.start][-1:]
    within = [capture for capture in captures if capture.at in period]
    after = [capture for capture in captures if capture.at >= period.end][:1]
    allowed = MAX_MEMENTOS * period.days
    if len(within) > allowed:
        within = [within[no * len(within) // allowed] for no in range(allowed)]
    return [*before, *within, *after]
