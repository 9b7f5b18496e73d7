"""Where the feeds of an outlet may be: the links of its homepage, and the sitemaps that its robots.txt names.

Pure: bytes in, addresses out. Nothing here checks that an address holds a feed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.charsets import declared_codec
from pipeline.collect.http.responses import Response
from pipeline.sources.sites import http_address, registrable_host, tidy_name

FEED_TYPES = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/rss",
        "application/rss+xml",
        "application/x-rss+xml",
        "application/xml",
        "text/rss+xml",
        "text/xml",
    }
)
"""Media types, right and wrong ones, that link elements give for feeds."""
WELL_KNOWN = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")

FEED_PATHS = (
    r"[/.@](?:rss|rdf|atom|feed)s?2?/?$",  # /politik.rss, /feed/, /rss2
    r"(?:rss|rdf|atom|feed)[\w.~-]*\.(?:xml|rdf|json|php|cms)$",  # /rss.xml, /index~rss2.xml, /rssfeed.rdf
    r"/(?:rss|feeds?|atom)/.",  # /rss/aktuell/politik
    r"\?(?:.*&)?(?:feed|format|type)=(?:rss|rdf|atom)",  # /?feed=rss2
)
"""Paths and queries of feeds."""
FEED_HOSTS = ("atom.", "feed.", "feeds.", "newsfeed.", "rss.")
"""Prefixes of hosts that serve feeds for other sites."""
COMMENT_FEEDS = (
    r"/(?:comments?|kommentare?)/(?:feed|rss|atom)",  # /comments/feed/
    r"[?&]feed=comments",  # /?feed=comments-rss2
    r"comments?[-_.](?:rss|feed|atom)",  # /comments-feed.xml
)
COMMENT_FEED_TITLES = (
    r"\bcomments? (?:rss )?feed\b",  # Bote » Comments Feed
    r"\bkommentar-?feed\b",  # Bote » Kommentar-Feed; "Kommentare" alone are opinion pieces
)

_JSON_FEED = re.compile(r"feed[^/]*\.json$|/feed/json/?$", re.IGNORECASE)
"""Links to the data of a page have the type `application/json`, too, so the address must look like a feed's."""
_LOOKS_LIKE_FEED, _COMMENTS, _COMMENTS_TITLE = (
    re.compile("|".join(patterns), re.IGNORECASE) for patterns in (FEED_PATHS, COMMENT_FEEDS, COMMENT_FEED_TITLES)
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|link|a|p)\b", re.IGNORECASE)
_HTML_BYTES = 20_000
"""The first element of an HTML page must begin within this many bytes."""
_META = ("property", "name", "http-equiv")
_META_LANGUAGES = ("content-language", "og:locale")
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_SHOWN_ANCHORS = etree.XPath(
    "//a[@href][not(ancestor-or-self::*[@hidden or self::template or self::noscript"
    " or contains(translate(@style, ' ', ''), 'display:none')])]"
)


class Homepage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says about itself and its feeds. Addresses are absolute, each once, in the order of the page."""

    name: str | None = None
    """The name that the page gives for the whole site."""
    title: str | None = None
    language: str | None = None
    """The unchanged tag, such as `de-AT`."""
    declared: tuple[str, ...] = ()
    """Feeds in link elements."""
    shown: tuple[str, ...] = ()
    """Visible links within the site that look like feeds."""


def read_homepage_of(response: Response) -> Homepage | None:
    """What the page in a response says. Raises CodingError."""
    return read_homepage(response.decoded(), url=response.final_url, content_type=response.content_type)


def read_homepage(body: bytes, *, url: str, content_type: str | None) -> Homepage | None:
    """What the page says; None if it is not HTML."""
    root = _parse(body, content_type) if _HTML.search(body[:_HTML_BYTES]) else None
    if root is None:
        return None
    base = next((href for href in (_attribute(one, "href") for one in root.iter("base")) if href), "")
    base = _join(url, base) or url
    said = {_attribute(meta, key).lower(): _attribute(meta, "content") for meta in root.iter("meta") for key in _META}
    title = root.find(".//title")
    languages = (_attribute(root, "lang"), _attribute(root, "xml:lang"), *map(said.get, _META_LANGUAGES))
    return Homepage(
        name=tidy_name(said.get("og:site_name") or said.get("application-name")),
        title=tidy_name(title.text_content() if title is not None else None),
        language=next((language for language in languages if language), None),
        declared=_without_comments(_join(base, href) for href in _declared(root)),
        shown=_without_comments(_shown(root, base)),
    )


def well_known_feeds(url: str) -> tuple[str, ...]:
    """The usual addresses of feeds, first those below the page, then those at the root of the host."""
    folder = url if urlsplit(url).path.endswith("/") else f"{url.partition('?')[0]}/"
    guesses = [urljoin(start, name) for start in (folder, urljoin(url, "/")) for name in WELL_KNOWN]
    return tuple(dict.fromkeys(guesses))


def read_declared_sitemaps(response: Response) -> tuple[str, ...]:
    """The sitemaps that an answer to a request for a robots.txt declares. Raises CodingError."""
    asked = (*response.redirects, response.exchange)[0]
    return declared_sitemaps(response.decoded(), url=asked.url)


def declared_sitemaps(robots: bytes, *, url: str) -> tuple[str, ...]:
    """The `Sitemap:` lines of a robots.txt (sitemaps.org)."""
    lines = _SITEMAP_LINE.findall(robots.decode("utf-8-sig", "replace"))
    return tuple(dict.fromkeys(address for address in (_join(url, line) for line in lines) if address))


def _parse(body: bytes, content_type: str | None) -> HtmlElement | None:
    parser = HTMLParser(encoding=_charset(body, content_type), remove_comments=True, collect_ids=False, huge_tree=False)
    try:
        return document_fromstring(body, parser=parser)
    except (etree.LxmlError, ValueError):  # nothing in it
        return None


def _charset(body: bytes, content_type: str | None) -> str | None:
    """UTF-8 if the bytes are valid UTF-8, else the charset of the header; None leaves it to the page's meta
    elements."""
    try:
        codecs.utf_8_decode(body, "strict", False)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    return declared_codec(content_type)


def _declared(root: HtmlElement) -> Iterator[str]:
    for link in root.iter("link"):
        href = _attribute(link, "href")
        relations = set(_attribute(link, "rel").lower().split())
        media_type = _attribute(link, "type").partition(";")[0].strip().lower()
        is_feed = media_type in FEED_TYPES or (media_type == "application/json" and bool(_JSON_FEED.search(href)))
        alternate = "alternate" in relations and "stylesheet" not in relations and is_feed
        if href and (alternate or "feed" in relations) and not _COMMENTS_TITLE.search(_attribute(link, "title")):
            yield href


def _shown(root: HtmlElement, base: str) -> Iterator[str]:
    site = registrable_host(urlsplit(base).hostname or "")
    anchors = _SHOWN_ANCHORS(root)
    for anchor in anchors if isinstance(anchors, list) else ():
        address = _join(base, _attribute(anchor, "href")) if isinstance(anchor, HtmlElement) else None
        parts = urlsplit(address or "")
        host = parts.hostname or ""
        is_near = registrable_host(host) == site or host.startswith(FEED_HOSTS)
        if address and is_near and _LOOKS_LIKE_FEED.search(f"{parts.path}?{parts.query}".removesuffix("?")):
            yield address


def _attribute(element: HtmlElement, name: str) -> str:
    return (element.get(name) or "").strip()


def _join(base: str, href: str) -> str | None:
    try:
        return http_address(href if href.lower().startswith("feed:") else urljoin(base, href))
    except ValueError:
        return None


def _without_comments(addresses: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in addresses if one and not _COMMENTS.search(one)))
