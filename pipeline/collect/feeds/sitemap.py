"""Sitemaps (sitemaps.org/protocol), news sitemaps, and the indexes that name them."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from lxml import etree

from pipeline.collect.feeds.feed import (
    MAX_SITEMAP_URLS,
    FeedKind,
    FeedText,
    FeedWarning,
    Masthead,
    ParsedFeed,
    RawEntry,
)
from pipeline.collect.feeds.xml import Elements, read_elements

_OTHER_MODULES = ("image", "video", "mobile", "pagemap")
_ADDRESS_LINE = re.compile(r"https?://\S+", re.IGNORECASE)
_WRITTEN_ADDRESS = re.compile(r"https?://\S.*", re.IGNORECASE)
"""An address in which a blank may stand."""
_HEAD_CHARS, _HEAD_LINES = 100_000, 10
_NEWS_NAMESPACE = "sitemap-news"


def read_sitemap(markup: str) -> ParsedFeed:
    """The addresses of a `urlset`. It is a news sitemap if the root declares `news` or an address has `news:news`."""
    mastheads: list[Masthead] = []

    def read(element: etree._Element) -> RawEntry:
        if not mastheads:
            mastheads.append(_masthead(element))
        return _read_url(element)

    elements = read_elements(markup, {"url"}, read, limit=MAX_SITEMAP_URLS)
    declared = elements.root is not None and any(
        _NEWS_NAMESPACE in uri.lower() for uri in elements.root.nsmap.values() if uri
    )
    is_news = declared or any(entry.title or entry.published for entry in elements.read)
    parsed = _parsed_feed(FeedKind.NEWS_SITEMAP if is_news else FeedKind.SITEMAP, elements)
    return msgspec.structs.replace(parsed, masthead=mastheads[0]) if mastheads else parsed


def is_text_sitemap(text: str, *, is_plain: bool) -> bool:
    """True if the text has an address on its first line and on most others (sitemaps.org, "Text file"), judged by its
    first lines. The format has no comments, but some sites write them. A single address is one only if the server says
    that it is plain text (`is_plain`)."""
    if text.lstrip().startswith("<"):
        return False
    lines = _lines(text[:_HEAD_CHARS])[:_HEAD_LINES]
    addresses = [line for line in lines if _ADDRESS_LINE.fullmatch(line)]
    return len(addresses) > max(len(lines) // 2, 0 if is_plain else 1) and lines[0] == addresses[0]


def read_text_sitemap(text: str) -> ParsedFeed:
    lines = _lines(text)
    return ParsedFeed(
        kind=FeedKind.SITEMAP,
        entries=[
            RawEntry(link=line if _WRITTEN_ADDRESS.fullmatch(line) else None) for line in lines[:MAX_SITEMAP_URLS]
        ],
        beyond=max(0, len(lines) - MAX_SITEMAP_URLS),
    )


def _lines(text: str) -> list[str]:
    """The lines that say something, without comments."""
    return [line for written in text.splitlines() if (line := written.strip()) and not line.startswith("#")]


def read_sitemap_index(markup: str) -> ParsedFeed:
    """The sitemaps of a `sitemapindex`, each as an entry with its link and `lastmod`."""
    return _parsed_feed(FeedKind.SITEMAP_INDEX, read_elements(markup, {"sitemap"}, _read_url, limit=MAX_SITEMAP_URLS))


def _parsed_feed(kind: FeedKind, elements: Elements[RawEntry]) -> ParsedFeed:
    return ParsedFeed(
        kind=kind,
        entries=elements.read,
        beyond=elements.beyond,
        warnings=(FeedWarning.BROKEN_XML,) if elements.is_broken else (),
    )


def _masthead(element: etree._Element) -> Masthead:
    """The publication that an entry of a news sitemap names."""
    publication = next(element.iter("{*}publication"), None)
    said = {_local_name(one.tag): _text(one) for one in (publication if publication is not None else ())}
    return Masthead(title=said.get("name") or None, language=said.get("language") or None)


def _read_url(element: etree._Element) -> RawEntry:
    fields: dict[str, str] = {}
    title: str | None = None
    for child in element:
        name = _local_name(child.tag)
        if name == "news":
            news = {_local_name(one.tag): _text(one) for one in child}
            title, fields["published"] = news.get("title"), news.get("publication_date", "")
        elif name:
            fields.setdefault(name, _text(child))
    return RawEntry(
        link=fields.get("loc") or None,
        title=FeedText(title, False) if title else None,
        published=fields.get("published") or None,
        updated=fields.get("lastmod") or None,
    )


@lru_cache(maxsize=4096)
def _local_name(tag: str) -> str:
    """The local name in lower case; empty for an element of another module: an image has a `loc` too.

    The prefix stands for the namespace where that is not declared.
    """
    uri, _, name = tag.rpartition("}")
    prefix, _, local = name.rpartition(":")
    return "" if any(module in f"{uri}{prefix}".lower() for module in _OTHER_MODULES) else local.lower()


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()
