"""A source's sitemaps and their archives, read where their dates can match a period.

sitemaps.org says of an index's entry when the sitemap was last modified; many outlets name a month or a day in its
address as well, and where they do that is what counts: dates of modification change with the layout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.archive import Archive, Stored
from pipeline.collect.discovery import declared_sitemaps
from pipeline.collect.exchanges import Response
from pipeline.collect.feeds import Feed, Item, NotAFeed, SitemapLink, parse_feed
from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.history.periods import NOON, Period, named_period
from pipeline.collect.history.sightings import Sighting, dated_by_itself, is_on
from pipeline.collect.http import Client
from pipeline.ids import digest

MAX_SITEMAPS = 50
"""Read of a source for each day of the period."""
MAX_DEPTH = 3
"""Of indexes in indexes."""
_SLACK = timedelta(days=1)
"""Around a period that an address names: nobody says in which zone."""
_ONE_DAY = timedelta(hours=26)


class SitemapRead(msgspec.Struct, frozen=True, kw_only=True):
    """One sitemap or index, and what of the period it holds."""

    url: str
    failure: NotRead | None = None
    payload_digest: str | None = None
    stored: Stored | None = None
    """Where the exchange is archived."""
    is_partial: bool = False
    """An index some of whose sitemaps were not read."""
    entries: int = 0
    sightings: tuple[Sighting, ...] = ()


async def sitemap_addresses(client: Client, homepage: str, configured: Sequence[str]) -> tuple[str, ...]:
    """The source's sitemaps: those configured, then those that its robots.txt names."""
    url = urljoin(homepage, "/robots.txt")
    try:
        response = await read_document(client, url)
    except NotRead:
        return tuple(configured)
    return tuple(dict.fromkeys((*configured, *declared_sitemaps(response.body, url=url))))


class SitemapWalk:
    """Reads sitemaps, each once and the most promising first."""

    def __init__(
        self,
        client: Client,
        period: Period,
        *,
        hosts: AbstractSet[str],
        zone: ZoneInfo,
        now: datetime,
        known: AbstractSet[str] = frozenset(),
        archive: Archive | None = None,
    ) -> None:
        """`hosts` are those of the articles wanted; `known` are sitemaps that need not be read again. With an archive,
        what is read is archived."""
        self._client, self._period, self._hosts, self._zone, self._now = client, period, hosts, zone, now
        self._seen = set(known)
        self._archive = archive
        self._allowed = MAX_SITEMAPS * period.days
        self.reads: list[SitemapRead] = []
        """An index comes after what it names."""
        self.unread = 0
        """Sitemaps left out because there are too many, or too deep down."""

    async def read(self, urls: Sequence[str]) -> None:
        for url in urls:
            await self._read(url, depth=0)

    async def _read(self, url: str, depth: int) -> bool:
        """Whether it was read to its end, with all it names."""
        if url in self._seen:
            return True
        if not self._allowed or depth > MAX_DEPTH:
            self.unread += 1
            return False
        self._seen.add(url)
        self._allowed -= 1
        try:
            response = await read_document(self._client, url)
            stored = self._archive.write(response.exchange) if self._archive else None
            feed = await self._parsed(url, response)
        except NotRead as failure:
            self.reads.append(SitemapRead(url=url, failure=failure))
            return False
        payload_digest = digest(response.body)
        del response  # it may be large, and those that this one names are read first
        outcomes = [await self._read(link.url, depth + 1) for link in self._promising(feed.sitemaps)]
        self.reads.append(
            SitemapRead(
                url=url,
                payload_digest=payload_digest,
                stored=stored,
                is_partial=not all(outcomes),
                entries=len(feed.items) + len(feed.sitemaps),
                sightings=tuple(self._sightings(url, feed)),
            )
        )
        return all(outcomes)

    async def _parsed(self, url: str, response: Response) -> Feed:
        parse = partial(
            parse_feed,
            response.body,
            url=response.final_url,
            content_type=response.exchange.header("content-type"),
            zone=self._zone,
            now=self._now,
        )
        try:
            return await asyncio.to_thread(parse)
        except NotAFeed as exc:
            raise NotRead("not_a_sitemap", str(exc), status=response.status) from exc

    def _promising(self, links: Sequence[SitemapLink]) -> list[SitemapLink]:
        ranked = [(rank, link) for link in links if (rank := self._rank(link)) is not None]
        return [link for _, link in sorted(ranked, key=lambda each: each[0])]

    def _rank(self, link: SitemapLink) -> tuple[int, float] | None:
        """None where its dates cannot match; the lower, the likelier it holds something of the period."""
        modified_at = link.modified_at
        after = (modified_at - self._period.start).total_seconds() if modified_at else 0.0
        named = named_period(link.url, self._zone)
        if named is not None:
            near = Period(named.start - _SLACK, named.end + _SLACK)
            return (0, (named.end - named.start).total_seconds()) if near.overlaps(self._period) else None
        if modified_at is None:
            return (2, 0.0)
        return (1, after) if after >= 0 else None

    def _sightings(self, url: str, feed: Feed) -> list[Sighting]:
        named = named_period(url, self._zone)
        day = named if named and named.end - named.start < _ONE_DAY else None
        found = []
        for said in feed.items:
            item, dated_at = dated_by_itself(said, self._zone)
            dated_at = dated_at or _dated_by_sitemap(said, day)
            if dated_at is not None and dated_at in self._period and is_on(item.url, self._hosts):
                found.append(Sighting(item=item, found_in=url, dated_at=dated_at))
        return found


def _dated_by_sitemap(item: Item, day: Period | None) -> datetime | None:
    """The day whose sitemap it is, else when the page was last modified."""
    if day is None:
        return item.updated_at
    return item.updated_at if item.updated_at and item.updated_at in day else day.start + NOON
