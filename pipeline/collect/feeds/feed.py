"""A feed at its two stages: `ParsedFeed`, with fields as written, and `Feed`, with absolute addresses and UTC dates.

The readers of the formats make a ParsedFeed, `items.feed_of` makes a Feed from it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from pipeline.canonical_urls import is_front_page
from pipeline.events import DateQuality, Enclosure
from pipeline.ids import digest

MAX_ITEMS = 10_000
"""Maximum number of entries that are read from one feed or JSON Feed."""
MAX_SITEMAP_URLS = 50_000
"""Maximum number of addresses that are read from one sitemap or sitemap index: the limit of the protocol."""

_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg")
_FILES = (".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".wav", ".flac", ".mp4", ".m4v", ".mov", ".webm", ".pdf")


class NotAFeed(Exception):
    """The body cannot be read as a feed. The message names the feed and the problem."""

    def __init__(self, problem: str, url: str) -> None:
        super().__init__(problem, url)  # both, so that the error can come from another process
        self.problem, self.url = problem, url

    def __str__(self) -> str:
        return f"{self.url}: {self.problem}" if self.url else self.problem


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
    """A defect of a feed that was read nevertheless."""

    BROKEN_XML = "broken_xml"
    """It is not well-formed. It was repaired, and the parts that could not be read are missing."""
    WRONG_CHARSET = "wrong_charset"
    """Its charset is not the one that it or the server declares."""
    WRONG_CONTENT_TYPE = "wrong_content_type"
    """Its Content-Type is not that of a feed but, for example, `text/html`."""
    TOO_MANY_ITEMS = "too_many_items"
    ITEM_WITHOUT_LINK = "item_without_link"
    LINK_FROM_ENCLOSURE = "link_from_enclosure"
    """An entry links only to its sound, film or document. That link is used as the page."""
    GUID_REUSED = "guid_reused"
    """Several pages have the same guid. Their addresses are used instead."""
    REPEATED_ITEMS = "repeated_items"
    """Several entries have the same guid and page, so they are one item. `Feed.repeats` says which."""
    BAD_DATE = "bad_date"
    FUTURE_DATE = "future_date"


class Masthead(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says about itself, or a news sitemap in its first entry; everything as written."""

    title: str | None = None
    language: str | None = None
    """A tag such as `de-AT`."""
    homepage: str | None = None
    image: str | None = None


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the feed gave it. Its texts are limited in length and have no NUL and no lone surrogates."""

    url: str
    """Absolute, otherwise as in the feed."""
    canonical_url: str
    guid: str
    """As in the feed. The canonical URL if the entry has no guid or the guid names several pages."""
    title: str | None
    """Plain text."""
    summary: str | None
    """Sanitized HTML, or plain text if the feed says that it is. It and the content are None for an item that is known,
    see `parse_feed`."""
    published_at: datetime | None
    """UTC. An entry of a feed with only an update date gets that; a sitemap's `lastmod` is never used here."""
    updated_at: datetime | None
    published_raw: str | None
    updated_raw: str | None = None
    published_quality: DateQuality | None = None
    """None without a date."""
    updated_quality: DateQuality | None = None
    content: str | None = None
    """The article as HTML without scripts, if the feed has more than the summary."""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    redirector_url: str | None = None
    """The address that the feed gives as the link, if it names that of the article beside it."""
    written_title: str | None = None
    """The title as the feed writes it, before it becomes plain text; None for a title that was not in a feed."""
    written_summary: str | None = None
    """The summary as the feed writes it, before its HTML is sanitized."""

    @property
    def said_digest(self) -> str:
        """Digest of the values of the feed as written, so that a better parser of dates, titles or HTML changes no
        identity."""
        title, summary = self.written_title or self.title, self.written_summary or self.summary
        said = [self.url, self.guid, title, summary, self.published_raw, self.updated_raw]
        return digest(msgspec.json.encode(said))

    @property
    def earlier_guid(self) -> str:
        """The guid of version 0.1: it ignored the fragment of an address that stood for the guid."""
        return self.canonical_url if self.guid.startswith(f"{self.canonical_url}#") else self.guid


class SitemapLink(msgspec.Struct, frozen=True):
    """A sitemap that a sitemap index names."""

    url: str
    modified_at: datetime | None


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that was read. It held `len(items) + dropped + len(repeats)` entries."""

    kind: FeedKind
    items: tuple[FeedItem, ...]
    """In the order of the feed, each guid once."""
    warnings: tuple[str, ...] = ()
    """Values of FeedWarning, each once."""
    dropped: int = 0
    """Number of entries without a page or beyond the maximum; in a sitemap index, of sitemaps."""
    repeats: tuple[str, ...] = ()
    """The guids of the entries that were merged with an earlier entry because they have its guid and page."""
    sitemaps: tuple[SitemapLink, ...] = ()
    """The sitemaps that a sitemap index names."""
    masthead: Masthead = Masthead()


def is_picture(enclosure: Enclosure) -> bool:
    return (enclosure.type or "").startswith("image/") or _path(enclosure).endswith(_PICTURES)


def is_no_article(href: str) -> bool:
    """True for a picture, a sound, a film or a document by its name, the front page of a site, to which some feeds link
    every entry, and an address that is not of the web, such as `mailto:`. Another address of the entry is preferred."""
    try:
        scheme, front = urlsplit(href).scheme.lower(), is_front_page(href)
    except ValueError:
        return False
    is_named_file = _path(Enclosure(href)).endswith((*_PICTURES, *_FILES))
    return is_named_file or scheme not in {"", "http", "https"} or (bool(scheme) and front)


def is_file(enclosure: Enclosure) -> bool:
    """True if it can stand for an entry that links to nothing else: a sound, a film or a document, by its type or its
    name. If neither tells, it may be a picture."""
    return not is_picture(enclosure) and (bool(enclosure.type) or _path(enclosure).endswith(_FILES))


def _path(enclosure: Enclosure) -> str:
    try:
        return urlsplit(enclosure.url).path.lower()
    except ValueError:
        return ""


class Unreadable(Exception):
    """The text is not a feed of the format that it looks like. The message is the reason."""


class FeedText(msgspec.Struct, frozen=True):
    """A title, summary or full text as written. `value` is markup if `is_html`."""

    value: str
    is_html: bool
    base: str = ""
    """The base of its relative addresses, itself relative to the address of the feed."""
    is_plain: bool = False
    """The format allows no markup in it, so what looks like markup is text."""


class RawEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a feed. A field that the feed does not have is None or empty."""

    link: str | None
    link_is_enclosure: bool = False
    redirector: str | None = None
    """The address of a redirector that the feed also gives for the page."""
    guid: str | None = None
    title: FeedText | None = None
    summary: FeedText | None = None
    content: FeedText | None = None
    """The longest full text, if it has several."""
    published: str | None = None
    updated: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of a feed as its format gives them."""

    kind: FeedKind
    entries: list[RawEntry]
    beyond: int = 0
    """Number of entries beyond the maximum, which were not read."""
    own_url: str | None = None
    """The page or address that the feed names as its own."""
    masthead: Masthead = Masthead()
    warnings: tuple[FeedWarning, ...] = ()
