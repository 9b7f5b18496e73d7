"""Fetches one sitemap, or reads it from our archive if it was read recently; parses and archives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.archive import Archive, read_page
from pipeline.archive.codings import GZIP_MAGIC, MAX_BODY_BYTES, CodingError, decode_start
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import Original
from pipeline.collect.feeds import Feed, FeedItem, FeedWarning, NotAFeed, parse_feed
from pipeline.collect.history.documents import NotRead, fetch_failures, read_document
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.errors import ArchiveError
from pipeline.events import WarcType
from pipeline.ids import digest

_END = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|rdf|feed)\s*>", re.IGNORECASE)
_END_BYTES = 1_000


class SitemapReading(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier runs know of a sitemap."""

    url: str
    tried_at: datetime | None = None
    """When it was last requested for the same interval."""
    read_at: datetime | None = None
    """When it was last read to its end for the same interval, with everything it names."""
    location: Location | None = None
    """The place of its latest bytes in the archive, from any interval. The fields below are about these bytes."""
    payload_digest: str | None = None
    fetched_at: datetime | None = None
    """When its site first sent them."""
    checked_at: datetime | None = None
    """When its site last sent them; the sitemap was then read to its end, with everything it names."""


SitemapReadings = Mapping[str, SitemapReading]
"""By address."""
IsErased = Callable[[FeedItem], bool]
"""True if the item is an article that was erased."""


def nothing_is_erased(_: FeedItem) -> bool:
    return False


class SitemapContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a sitemap says."""

    payload_digest: str
    feed: Feed | None
    defect: str | None
    """The reason of a NotRead if it is not a sitemap, or was not read to its end."""
    detail: str


class SitemapFile(msgspec.Struct, frozen=True, kw_only=True):
    """A sitemap that was fetched."""

    read_at: datetime
    """When its site sent it."""
    location: Location | None
    """The place of its bytes in the archive."""
    content: SitemapContent

    @property
    def failure(self) -> NotRead | None:
        return NotRead(self.content.defect, self.content.detail) if self.content.defect else None


class SitemapFiles:
    """Fetches the sitemaps of one source."""

    def __init__(
        self,
        client: Client,
        readings: SitemapReadings,
        *,
        zone: ZoneInfo,
        now: datetime,
        fresh_since: datetime,
        archive: Archive | None,
        is_erased: IsErased,
    ) -> None:
        """Sitemaps read since `fresh_since` are not fetched again. Without an archive nothing is stored, nor is one
        that lists something erased."""
        self._is_erased = is_erased
        self._client, self._readings, self._zone, self._now = client, readings, zone, now
        self._fresh_since, self._archive = fresh_since, archive

    async def get(self, url: str) -> SitemapFile:
        """The sitemap. Archiving it is the last step, so that an interrupt leaves no exchange that no event refers to.

        Raises NotRead.
        """
        reading = self._readings.get(url)
        if (
            self._archive
            and reading
            and reading.location
            and reading.checked_at
            and reading.checked_at >= self._fresh_since
        ):
            with suppress(ArchiveError):  # then it is fetched again
                return await self._kept(self._archive, url, reading.location, reading.checked_at)
        response = await read_document(self._client, url)
        exchange = response.exchange
        with fetch_failures():
            content = await self._client.read(response, _content, zone=self._zone, now=self._now)
        is_kept = content.feed is None or not any(map(self._is_erased, content.feed.items))
        location = self._stored(self._archive, exchange, reading) if self._archive and is_kept else None
        return SitemapFile(read_at=exchange.fetched_at, location=location, content=content)

    async def _kept(self, archive: Archive, url: str, location: Location, read_at: datetime) -> SitemapFile:
        """Raises ArchiveError and NotRead."""
        with fetch_failures():
            content = await self._client.work(
                url, _content_kept, archive.storage, location, zone=self._zone, now=self._now
            )
        return SitemapFile(read_at=read_at, location=location, content=content)

    def _stored(self, archive: Archive, exchange: Exchange, reading: SitemapReading | None) -> Location:
        """The place of the bytes: of an earlier record if it has the same bytes, which then gets a revisit record."""
        if reading is None or reading.location is None or reading.fetched_at is None:
            return archive.write(exchange).location
        earlier, known = Original(exchange.url, reading.fetched_at), reading.payload_digest
        stored = archive.write(exchange, lambda sent: earlier if sent == known else None)
        return reading.location if stored.warc_type is WarcType.REVISIT else stored.location


def _content(response: Response, *, zone: ZoneInfo, now: datetime) -> SitemapContent:
    body = response.decoded()
    return _parsed(body, url=response.final_url, content_type=response.content_type, zone=zone, now=now)


def _content_kept(storage: Storage, location: Location, *, zone: ZoneInfo, now: datetime) -> SitemapContent:
    """Raises ArchiveError."""
    page = read_page(storage, location)
    return _parsed(page.body, url=page.url, content_type=page.content_type, zone=zone, now=now)


def _parsed(body: bytes, *, url: str, content_type: str | None, zone: ZoneInfo, now: datetime) -> SitemapContent:
    payload_digest, markup = digest(body), _legible(body)
    try:
        feed = parse_feed(markup, url=url, content_type=content_type, zone=zone, now=now)
    except NotAFeed as exc:
        return SitemapContent(payload_digest=payload_digest, feed=None, defect="not_a_sitemap", detail=str(exc))
    is_cut_off = FeedWarning.BROKEN_XML in feed.warnings and not _END.search(markup[-_END_BYTES:])
    is_partial = is_cut_off or FeedWarning.TOO_MANY_ITEMS in feed.warnings
    return SitemapContent(
        payload_digest=payload_digest,
        feed=feed,
        defect="partial" if is_partial else None,
        detail=f"{url}: {'it is cut off' if is_cut_off else 'it is too long'}" if is_partial else "",
    )


def _legible(body: bytes) -> bytes:
    """The content of a gzip file, also of one that is cut off; other bodies unchanged."""
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        content = decode_start(body, "gzip", MAX_BODY_BYTES + 1)
    except CodingError:
        return body
    return content if len(content) <= MAX_BODY_BYTES else body  # the parser reports it
