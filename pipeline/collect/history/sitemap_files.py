"""One sitemap: from its site, or from our archive where it was read lately; parsed, and archived."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.archive import Archive
from pipeline.archive.codings import MAX_BODY_BYTES, CodingError, decode
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import Location
from pipeline.archive.warc import Original
from pipeline.collect.feeds import Feed, FeedWarning, NotAFeed, parse_feed
from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.http.client import Client
from pipeline.errors import ArchiveError
from pipeline.events import WarcType
from pipeline.ids import digest

_GZIP_MAGIC = b"\x1f\x8b"
_END = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|rdf|feed)\s*>", re.IGNORECASE)
_END_BYTES = 1_000


class SitemapReading(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier runs have seen of a sitemap."""

    url: str
    tried_at: datetime | None = None
    """When it was last asked for, for the same period."""
    read_at: datetime | None = None
    """When it was last read to its end for the same period, with all it names."""
    location: Location | None = None
    """Where the archive has it as it was last, for whichever period. The rest is about these bytes."""
    payload_digest: str | None = None
    fetched_at: datetime | None = None
    """When its site gave them first."""
    checked_at: datetime | None = None
    """When it gave them last, and they were all there is, with what they name."""


SitemapReadings = Mapping[str, SitemapReading]
"""By address."""


class SitemapFile(msgspec.Struct, frozen=True, kw_only=True):
    """A sitemap that was had."""

    read_at: datetime
    """When its site gave it."""
    payload_digest: str
    location: Location | None
    """Where its bytes are archived."""
    feed: Feed | None
    failure: NotRead | None
    """Why it is none, or not all of it could be read."""


class SitemapFiles:
    """Gets the sitemaps of one source."""

    def __init__(
        self,
        client: Client,
        readings: SitemapReadings,
        *,
        zone: ZoneInfo,
        now: datetime,
        fresh_since: datetime,
        archive: Archive | None,
    ) -> None:
        """What was read since `fresh_since` is not asked for again. Without an archive nothing is kept."""
        self._client, self._readings, self._zone, self._now = client, readings, zone, now
        self._fresh_since, self._archive = fresh_since, archive

    async def get(self, url: str) -> SitemapFile:
        """The sitemap; it is archived as the last thing, so that whoever is interrupted leaves no exchange behind that
        nobody knows of. Raises NotRead."""
        reading = self._readings.get(url)
        if (
            self._archive
            and reading
            and reading.location
            and reading.checked_at
            and reading.checked_at >= self._fresh_since
        ):
            with suppress(ArchiveError):  # then it is asked for again
                return await asyncio.to_thread(self._kept, self._archive, reading.location, reading.checked_at)
        response = await read_document(self._client, url)
        exchange = response.exchange
        feed, failure = await asyncio.to_thread(
            self._parsed, response.body, url=exchange.url, content_type=exchange.header("content-type")
        )
        return SitemapFile(
            read_at=exchange.fetched_at,
            payload_digest=digest(response.body),
            location=self._stored(self._archive, exchange, reading) if self._archive else None,
            feed=feed,
            failure=failure,
        )

    def _kept(self, archive: Archive, location: Location, read_at: datetime) -> SitemapFile:
        """Raises ArchiveError."""
        page = archive.read(location)
        feed, failure = self._parsed(page.body, url=page.url, content_type=page.content_type)
        return SitemapFile(
            read_at=read_at, payload_digest=digest(page.body), location=location, feed=feed, failure=failure
        )

    def _stored(self, archive: Archive, exchange: Exchange, reading: SitemapReading | None) -> Location:
        """The record with the bytes: an earlier one if they are the same, to which a revisit record then refers."""
        if reading is None or reading.location is None or reading.fetched_at is None:
            return archive.write(exchange).location
        earlier, known = Original(exchange.url, reading.fetched_at), reading.payload_digest
        stored = archive.write(exchange, lambda sent: earlier if sent == known else None)
        return reading.location if stored.warc_type is WarcType.REVISIT else stored.location

    def _parsed(self, body: bytes, *, url: str, content_type: str | None) -> tuple[Feed | None, NotRead | None]:
        """What it holds, and what is wrong with it."""
        markup = _legible(body)
        try:
            feed = parse_feed(markup, url=url, content_type=content_type, zone=self._zone, now=self._now)
        except NotAFeed as exc:
            return None, NotRead("not_a_sitemap", str(exc))
        is_cut_off = FeedWarning.BROKEN_XML in feed.warnings and not _END.search(markup[-_END_BYTES:])
        if is_cut_off or FeedWarning.TOO_MANY_ITEMS in feed.warnings:
            return feed, NotRead("partial", f"{url}: {'it breaks off' if is_cut_off else 'it is too long'}")
        return feed, None


def _legible(body: bytes) -> bytes:
    """What a file that is gzip itself holds, also where it is cut off."""
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        return decode(body, "gzip")
    except CodingError as exc:
        if exc.reason == "too_large":
            return body  # of which the parser says so
    with suppress(zlib.error):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_BODY_BYTES)
    return body
