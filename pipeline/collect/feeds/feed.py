"""What reading a feed gives.

What the readers of the formats hand over: entries with their fields as written."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pipeline.events import DateQuality
from pipeline.ids import digest

MAX_ITEMS = 10_000
"""Entries read of one feed or JSON Feed."""
MAX_SITEMAP_URLS = 50_000
"""Addresses read of one sitemap or sitemap index: as many as the protocol allows."""


class NotAFeed(Exception):
    """The body is no feed that can be read. The message names the feed and says why."""


class FeedKind(StrEnum):
    RSS = "rss"
    RDF = "rdf"
    """RSS 0.90 and 1.0."""
    ATOM = "atom"
    JSON_FEED = "json_feed"
    SITEMAP = "sitemap"
    NEWS_SITEMAP = "news_sitemap"
    SITEMAP_INDEX = "sitemap_index"


class FeedWarning(StrEnum):
    """What was wrong although the feed was read."""

    BROKEN_XML = "broken_xml"
    """Not well-formed; it was mended, and what could not be made out is missing."""
    WRONG_CHARSET = "wrong_charset"
    """It is not in the charset that it, or the server, declares."""
    WRONG_CONTENT_TYPE = "wrong_content_type"
    """It is served as something else, `text/html` for instance."""
    TOO_MANY_ITEMS = "too_many_items"
    ITEM_WITHOUT_LINK = "item_without_link"
    LINK_FROM_ENCLOSURE = "link_from_enclosure"
    """An entry links only its sound, picture or film, which stands for its page."""
    GUID_REUSED = "guid_reused"
    """One guid stands for several pages, so that their addresses took its place."""
    BAD_DATE = "bad_date"
    FUTURE_DATE = "future_date"


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the feed gave it. Text can be stored everywhere: no NUL, no lone surrogates, not endless."""

    url: str
    """Absolute, otherwise as given."""
    canonical_url: str
    guid: str
    """As given, never made absolute; the canonical URL where there is none or where it names several pages."""
    title: str | None
    """Plain text."""
    summary: str | None
    """Sanitized HTML, or plain text where the feed says so."""
    published_at: datetime | None
    """UTC. Of a feed's entry that says only when it was updated, that; of a sitemap's, only a publication date."""
    updated_at: datetime | None
    published_raw: str | None
    updated_raw: str | None = None
    published_quality: DateQuality | None = None
    """None where there is no date."""
    updated_quality: DateQuality | None = None
    content: str | None = None
    """The article as HTML without scripts, where the feed has more of it than the summary."""

    @property
    def said_digest(self) -> str:
        """Of what the feed said; dates as written, so that a better date parser changes no identity."""
        return digest(
            msgspec.json.encode([self.url, self.guid, self.title, self.summary, self.published_raw, self.updated_raw])
        )


class SitemapLink(msgspec.Struct, frozen=True):
    """A sitemap that a sitemap index names."""

    url: str
    modified_at: datetime | None


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """`len(items) + dropped + repeats` is the number of entries that the feed held."""

    kind: FeedKind
    items: tuple[FeedItem, ...]
    """In the feed's order, each guid once."""
    warnings: tuple[str, ...] = ()
    """Of FeedWarning, each once."""
    dropped: int = 0
    """Entries that name no page, and those beyond the cap. Of a sitemap index: sitemaps."""
    repeats: int = 0
    """Entries that repeat the guid and the page of an earlier one."""
    sitemaps: tuple[SitemapLink, ...] = ()
    """Of a sitemap index."""


class Unreadable(Exception):
    """The text is no feed of the format it looks like; the message says why."""


class Said(msgspec.Struct, frozen=True):
    """A text of the feed. `value` is markup where `is_html`."""

    value: str
    is_html: bool
    base: str = ""
    """What its addresses are relative to, itself relative to the entry's base."""


class RawEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; None where the feed has no such field."""

    link: str | None
    """Relative to `base`."""
    link_is_enclosure: bool = False
    base: str = ""
    """What its links are relative to, itself relative to the feed's address (xml:base)."""
    guid: str | None = None
    title: Said | None = None
    summary: Said | None = None
    content: Said | None = None
    """The longest of its full texts."""
    published: str | None = None
    updated: str | None = None


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    kind: FeedKind
    entries: list[RawEntry]
    beyond: int = 0
    """Entries that were not read, because there are too many."""
    own_url: str | None = None
    """Where the feed says it belongs."""
    warnings: tuple[FeedWarning, ...] = ()
