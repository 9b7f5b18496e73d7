"""What a feed says about its outlet: title, language, homepage.

Pure: bytes in, values out.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from urllib.parse import urljoin

import msgspec
from lxml import etree

from pipeline.archive.codings import CodingError, decode
from pipeline.collect.feeds.charset import decode_text, remove_control_characters
from pipeline.collect.feeds.feed import Unreadable
from pipeline.collect.feeds.xml import read_elements, skip_prolog
from pipeline.sources.sites import http_address, tidy_name

_GZIP_MAGIC = b"\x1f\x8b"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_OTHER_TITLES = ("itunes", "mrss")


class Masthead(msgspec.Struct, frozen=True, kw_only=True):
    title: str | None = None
    language: str | None = None
    """The unchanged tag, such as `de-AT`."""
    homepage: str | None = None


class _JsonFeed(msgspec.Struct, frozen=True):
    """The top of a JSON Feed (jsonfeed.org, version 1.1)."""

    title: str | None = None
    language: str | None = None
    home_page_url: str | None = None


def read_masthead(body: bytes, *, url: str, content_type: str | None) -> Masthead:
    """What a feed says above its items, or a news sitemap in its first entry. All fields are None if nothing can be
    read."""
    try:
        body = decode(body, "gzip") if body.startswith(_GZIP_MAGIC) else body
        text, _ = decode_text(body, content_type)
        if text.lstrip().startswith("{"):
            return _of_json_feed(text)
        markup = skip_prolog(remove_control_characters(text)[0])
        entries = read_elements(markup, {"item", "entry", "url"}, _of_publication, limit=1)
    except (CodingError, Unreadable, msgspec.DecodeError):
        return Masthead()
    if entries.root is None:
        return Masthead()
    if _name(entries.root) == "urlset":
        return entries.read[0] if entries.read else Masthead()
    return _of_channel(entries.root, url)


def _of_json_feed(text: str) -> Masthead:
    feed = msgspec.json.decode(text, type=_JsonFeed)
    return Masthead(title=tidy_name(feed.title), language=feed.language, homepage=http_address(feed.home_page_url))


def _of_publication(element: etree._Element) -> Masthead:
    """The publication that the first entry of a news sitemap names. Entries of other feeds name none."""
    said = {_name(one): _text(one) for parent in element.iter("{*}publication") for one in _children(parent)}
    return Masthead(title=tidy_name(said.get("name")), language=said.get("language"))


def _of_channel(root: etree._Element, url: str) -> Masthead:
    channel = next((child for child in _children(root) if _name(child) == "channel"), root)
    title = language = homepage = None
    for child in _children(channel):
        name, text = _name(child), _text(child)
        if name == "title" and not any(word in str(child.tag) for word in _OTHER_TITLES):
            title = title or tidy_name(html.unescape(text))
        elif name == "language":
            language = language or text
        elif name == "link" and (child.get("rel") or "alternate") == "alternate":
            homepage = homepage or _join(url, child.get("href") or text)
    return Masthead(title=title, language=language or channel.get(_LANG) or root.get(_LANG), homepage=homepage)


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return element.iterchildren(tag=etree.Element)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()


def _join(base: str, href: str) -> str | None:
    try:
        return http_address(urljoin(base, href)) if href else None
    except ValueError:
        return None
