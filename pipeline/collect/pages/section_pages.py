"""The links of front and section pages: to articles, and to the sections themselves.

Pure: bytes in, links out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.canonical_urls import canonical_url
from pipeline.collect.feeds import FeedItem
from pipeline.collect.feeds.charset import decode_text
from pipeline.sources.sites import http_address, is_on

MAX_SECTIONS = 5
"""Sections of a front page that are followed, those with the most articles first."""
MAX_LINKS = 2_000
"""Links that are read from one page."""
MAX_TITLE_CHARS = 300

ARTICLE_PATHS = (
    r"[a-z\d](?:[-_][^/\-_.]+){2}[-_][^/\-_.][^/]*/?$",  # /politik/der-hafen-bleibt-zu, of four words or more
    r"\d{5}[^/]*/?$",  # /story/1234567, /hafen-bleibt-zu-a-48213.html
    r"/(?:19|20)\d\d[-/]?[01]\d[-/]?[0-3]\d[-/].",  # /2026/03/14/hafen
)
"""Paths of articles, for addresses about which only a link is known."""

_ARTICLE = re.compile("|".join(ARTICLE_PATHS), re.IGNORECASE)
_LISTING_FOLDERS = """
about about-us agb archiv archive author authors autor autoren categories category contact cookies datenschutz
faq feed feeds help hilfe impressum imprint jobs kategorie kontakt legal newsletter page privacy privacy-policy
ressort rss schlagwort search section seite sitemap suche tag tags terms thema themen topic topics ueber-uns
"""
_LISTINGS = frozenset(_LISTING_FOLDERS.split())
"""First or second folders of pages that are not articles, unless the rest of the path looks like one."""
_FOLDER = re.compile(r"/[^/]+(?=/.)")


class Link(msgspec.Struct, frozen=True):
    url: str
    """Absolute, without its fragment."""
    title: str | None


def page_links(body: bytes, *, url: str, content_type: str | None, hosts: AbstractSet[str]) -> list[Link]:
    """The links to pages on these hosts, each address once, in the order of the page; empty if it is not HTML."""
    root = parse_html(body, content_type)
    if root is None:
        return []
    base = next((element.get("href") for element in root.iter("base") if element.get("href")), None) or ""
    links: dict[str, Link] = {}
    for anchor in root.iter("a"):
        if not isinstance(anchor, HtmlElement) or not anchor.get("href"):
            continue
        address = _address(url, base, anchor.get("href") or "")
        if address is not None and is_on(address, hosts) and len(links) < MAX_LINKS:
            title = " ".join(anchor.text_content().split())[:MAX_TITLE_CHARS]
            known = links.get(address)
            if known is None or (known.title is None and title):  # a picture's link comes before the headline's
                links[address] = Link(address, title or None)
    return list(links.values())


def parse_html(body: bytes, content_type: str | None) -> HtmlElement | None:
    """The page as a tree; None if nothing can be parsed."""
    text, _ = decode_text(body, content_type)
    try:
        return document_fromstring(text.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return None


def looks_like_article(url: str) -> bool:
    """True if the path looks like an article's and not like a section's or a service's."""
    return bool(_ARTICLE.search(urlsplit(url).path))


def is_listing(url: str) -> bool:
    """True if the address is a front page, a list of articles, or a page about the outlet."""
    folders = [segment for segment in urlsplit(url).path.lower().split("/") if segment]
    return not folders or (not _LISTINGS.isdisjoint(folders[:2]) and not looks_like_article(url))


def section_addresses(links: Sequence[Link]) -> list[str]:
    """The sections of a front page: linked pages that are the folder of at least two linked articles."""
    articles = [link.url for link in links if looks_like_article(link.url)]
    folders = Counter(folder for url in articles for folder in _folders(url))
    linked = {link.url.rstrip("/"): link.url for link in links if not looks_like_article(link.url)}
    return [linked[folder] for folder, count in folders.most_common() if count > 1 and folder in linked][:MAX_SECTIONS]


def linked_items(links: Iterable[Link]) -> list[FeedItem]:
    """The links as feed items: an address and a title, no date."""
    return [
        FeedItem(
            url=link.url,
            canonical_url=canonical_url(link.url),
            guid=canonical_url(link.url),
            title=link.title,
            summary=None,
            published_at=None,
            updated_at=None,
            published_raw=None,
        )
        for link in links
    ]


def _folders(url: str) -> Iterable[str]:
    parts = urlsplit(url)
    path = ""
    for folder in _FOLDER.findall(parts.path):
        path += folder
        yield f"{parts.scheme}://{parts.netloc}{path}"


def _address(url: str, base: str, href: str) -> str | None:
    try:
        return http_address(urljoin(urljoin(url, base), href.strip()))
    except ValueError:
        return None
