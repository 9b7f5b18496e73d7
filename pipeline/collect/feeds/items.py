"""From entries to items: absolute links, readable texts, checked dates, one item for each guid."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pipeline.canonical_urls import canonical_url
from pipeline.collect.feeds.feed import (
    Feed,
    FeedItem,
    FeedKind,
    FeedText,
    FeedWarning,
    Masthead,
    ParsedFeed,
    RawEntry,
    SitemapLink,
)
from pipeline.collect.feeds.feed_dates import DateReading, read_date
from pipeline.collect.feeds.html import (
    MAX_MARKUP_CHARS,
    MIN_ARTICLE_CHARS,
    UNSEEN,
    article_html,
    clean_html,
    plain_text,
    words,
)
from pipeline.events import DateQuality, Enclosure

MAX_TEXT_CHARS = 20_000
"""Maximum length of a title, summary, guid or date as it is stored."""
MAX_URL_CHARS = 4_000
MAX_VALUES = 100
"""Maximum number of authors, of categories and of enclosures of an item."""

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x80-\x9f]")
_WWW = re.compile(r"^www\.(?=[\w-]+\.\w)", re.IGNORECASE)
_SLASHES = re.compile(r"^(https?:)/{3,}", re.IGNORECASE)
_SITEMAPS = frozenset({FeedKind.SITEMAP, FeedKind.NEWS_SITEMAP, FeedKind.SITEMAP_INDEX})
_WARNINGS = {DateQuality.UNREADABLE: FeedWarning.BAD_DATE, DateQuality.FUTURE: FeedWarning.FUTURE_DATE}


class _Page(msgspec.Struct, frozen=True):
    """The page to which an entry links."""

    url: str
    canonical_url: str

    @property
    def guid(self) -> str:
        """What identifies an entry without a guid. Entries of a live ticker differ only in the fragment."""
        fragment = urlsplit(self.url).fragment
        return f"{self.canonical_url}#{fragment}" if fragment and "#" not in self.canonical_url else self.canonical_url


def feed_of(
    parsed: ParsedFeed,
    *,
    base: str,
    zone: ZoneInfo,
    now: datetime,
    language: str | None = None,
    known_digests: Container[str] = frozenset(),
) -> Feed:
    """The feed with absolute addresses (relative to `base`) and UTC dates (`zone` where a date names none). Months have
    their names in `language` or in the feed's own.

    Items with one of the `known_digests` get neither summary nor content.
    """
    pages = [_page(entry.link, base) for entry in parsed.entries]
    located = [(entry, page) for entry, page in zip(parsed.entries, pages, strict=True) if page is not None]
    languages = {tag[:2].lower() for tag in (language, parsed.masthead.language) if tag}
    dates = [
        _dates(entry, parsed.kind, lambda raw: read_date(raw, zone=zone, now=now, languages=languages))
        for entry, _ in located
    ]
    if parsed.kind is FeedKind.SITEMAP_INDEX:
        sitemaps = tuple(
            SitemapLink(page.url, at.updated.at if at.updated else None)
            for (_, page), at in zip(located, dates, strict=True)
        )
        items, reused = [], False
    else:
        sitemaps = ()
        items = [_item(entry, page, at, base) for (entry, page), at in zip(located, dates, strict=True)]
        items, reused = _with_url_for_shared_guid(items)
        for no, (item, (entry, _)) in enumerate(zip(items, located, strict=True)):
            if item.said_digest not in known_digests:
                texts = {"summary": _summary(entry, base), "content": _content(entry, base)}
                items[no] = msgspec.structs.replace(item, **texts)
    distinct: dict[str, FeedItem] = {}
    repeats = [item.guid for item in items if distinct.setdefault(item.guid, item) is not item]
    warnings = [
        *parsed.warnings,
        *([FeedWarning.TOO_MANY_ITEMS] if parsed.beyond else []),
        *([FeedWarning.ITEM_WITHOUT_LINK] if None in pages else []),
        *([FeedWarning.LINK_FROM_ENCLOSURE] if any(entry.link_is_enclosure for entry, _ in located) else []),
        *([FeedWarning.GUID_REUSED] if reused else []),
        *([FeedWarning.REPEATED_ITEMS] if repeats else []),
        *(warning for at in dates for warning in at.warnings),
    ]
    return Feed(
        kind=parsed.kind,
        items=tuple(distinct.values()),
        warnings=tuple(dict.fromkeys(warning.value for warning in warnings)),
        dropped=pages.count(None) + parsed.beyond,
        repeats=tuple(repeats),
        sitemaps=sitemaps,
        masthead=_masthead(parsed.masthead, base),
    )


def _page(link: str | None, base: str) -> _Page | None:
    """None if the link does not lead to a web page."""
    link = _storable(link)
    if link is None or len(link) > MAX_URL_CHARS or link.startswith("#"):
        return None
    link = _WWW.sub("http://www.", _SLASHES.sub(r"\1//", link.replace("&amp;", "&")))
    try:
        url = _joined(base, link)
        parts = urlsplit(link)
        canonical = canonical_url(url)
    except ValueError:
        return None
    # `http:` alone would resolve to the feed itself, and `http://.` has no host
    is_page = urlsplit(canonical).netloc and not (parts.scheme and not parts.netloc)
    return _Page(url, canonical) if is_page else None


def _absolute(link: str | None, base: str) -> str | None:
    """The absolute address of a web page; None for any other link."""
    page = _page(link, base)
    return page.url if page else None


def _masthead(written: Masthead, base: str) -> Masthead:
    return Masthead(
        title=_line(plain_text(written.title[:MAX_MARKUP_CHARS])) if written.title else None,
        language=_storable(written.language),
        homepage=_absolute(written.homepage, base),
        image=_absolute(written.image, base),
    )


class _EntryDates(msgspec.Struct, frozen=True):
    published_raw: str | None
    published: DateReading | None
    updated_raw: str | None
    updated: DateReading | None
    warnings: tuple[FeedWarning, ...]


def _dates(entry: RawEntry, kind: FeedKind, read: Callable[[str], DateReading]) -> _EntryDates:
    """The dates of an entry. RSS 1.0 and early Atom have one date for publication and update, so it counts as both. The
    `lastmod` of a sitemap is never a publication date: it changes with the layout too."""
    updated_raw = _storable(entry.updated)
    published_raw = _storable(entry.published) or (None if kind in _SITEMAPS else updated_raw)
    published = read(published_raw) if published_raw else None
    updated = read(updated_raw) if updated_raw and updated_raw != published_raw else None
    readings = [reading for reading in (published, updated) if reading is not None]
    return _EntryDates(
        published_raw,
        published,
        updated_raw,
        updated,
        tuple(_WARNINGS[reading.quality] for reading in readings if reading.quality in _WARNINGS),
    )


def _item(entry: RawEntry, page: _Page, dates: _EntryDates, base: str) -> FeedItem:
    """The item without its summary and content."""
    written = entry.summary or entry.content
    return FeedItem(
        url=page.url,
        canonical_url=page.canonical_url,
        guid=_storable(entry.guid) or page.guid,
        title=_title(entry.title) if entry.title else None,
        summary=None,
        published_at=dates.published.at if dates.published else None,
        updated_at=dates.updated.at if dates.updated else None,
        published_raw=dates.published_raw,
        updated_raw=dates.updated_raw,
        published_quality=dates.published.quality if dates.published else None,
        updated_quality=dates.updated.quality if dates.updated else None,
        authors=_lines(entry.authors),
        categories=_lines(entry.categories),
        enclosures=_enclosures(entry.enclosures, base),
        redirector_url=_absolute(entry.redirector, base),
        written_title=_storable(entry.title.value) if entry.title else None,
        written_summary=_storable(written.value) if written else None,
    )


def _title(title: FeedText) -> str | None:
    """On one line. Feeds declare HTML as text in most formats, so tags and references are undone there too."""
    value = title.value[:MAX_MARKUP_CHARS]
    return _line(value if title.is_plain else plain_text(value))


def _line(text: str) -> str | None:
    return " ".join(UNSEEN.sub("", _storable(text) or "").split()) or None


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    """At most MAX_VALUES plain texts, each once."""
    lines = (_line(plain_text(text[:MAX_MARKUP_CHARS])) for text in islice(texts, MAX_VALUES))
    return tuple(dict.fromkeys(line for line in lines if line))


def _enclosures(enclosures: Sequence[Enclosure], base: str) -> tuple[Enclosure, ...]:
    absolute = [
        msgspec.structs.replace(one, url=url, type=_storable(one.type))
        for one in enclosures[:MAX_VALUES]
        if (url := _absolute(one.url, base))
    ]
    return tuple(absolute)


def _summary(entry: RawEntry, base: str) -> str | None:
    """If an entry has no summary, the start of its full text is it."""
    text = entry.summary or entry.content
    if text is None or not (text.is_html and ("<" in text.value or "&" in text.value)):
        return _storable(text.value) if text else None
    return _storable(clean_html(text.value[:MAX_MARKUP_CHARS], _joined(base, text.base)))


def _joined(base: str, link: str) -> str:
    """The absolute link. With an invalid base the link is unchanged, so that absolute links survive it."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _content(entry: RawEntry, base: str) -> str | None:
    if entry.content is None:
        return None
    summary_chars = len(words(entry.summary.value)) if entry.summary else MIN_ARTICLE_CHARS
    content = article_html(entry.content, _joined(base, entry.content.base), summary_chars)
    return _UNSTORABLE.sub("", content) if content else None


def _with_url_for_shared_guid(items: list[FeedItem]) -> tuple[list[FeedItem], bool]:
    """The items, and whether a guid stood for several pages. Such a guid is replaced by the address of the page."""
    pages: dict[str, set[str]] = {}
    for item in items:
        pages.setdefault(item.guid, set()).add(item.canonical_url)
    shared = {guid for guid, urls in pages.items() if len(urls) > 1}
    return [
        msgspec.structs.replace(item, guid=item.canonical_url) if item.guid in shared else item for item in items
    ], bool(shared)


def _storable(value: str | None) -> str | None:
    """The text, at most MAX_TEXT_CHARS long, without NUL and lone surrogates; None if nothing is left.

    Corrects UTF-8 that the outlet once read as Latin-1, and control characters that are windows-1252.
    """
    if not value:
        return None
    text = _UNSTORABLE.sub("", value).strip()[:MAX_TEXT_CHARS]
    if not text.isascii():
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode("utf-8")
        text = _CONTROLS.sub(_as_windows_1252, text)
    return text.strip() or None


def _as_windows_1252(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "ignore") or control[0]
