"""Decides whether an archived feed, sitemap or other document lists an article. It parses what servers sent, so it is
called in worker processes."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import ArchivedPage, read_member
from pipeline.canonical_urls import canonical_url, is_front_page
from pipeline.collect.feeds import Feed, NotAFeed, document_text, parse_feed
from pipeline.errors import ArchiveError
from pipeline.ids import article_id
from pipeline.steps.name_mask import NameMask

_JSON_ESCAPE = re.compile(r"\\u([\da-fA-F]{4})")
_TAG_IN_WORD = re.compile(r"</?(?:a|b|em|font|i|mark|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"(?=((?:https?:)?//[^\s\"'<>\\]+))", re.IGNORECASE)
"""An absolute address, also within another one, as in those of web archives."""
_WHOLE_TEXT = re.compile(r"(?<=[\"'>\[])\s*([^\s\"'<>\[\]]+)(?=\s*[\"'<\]])")
"""An attribute or text that is one word. With a slash, it may be a relative address."""
_LEAST_GUID_CHARS = 4
"""A shorter guid is not searched in a text that cannot be read as a feed: it may be any number."""


class Sought(msgspec.Struct, frozen=True):
    """An article, as documents may list it."""

    ids: Collection[UUID]
    """The ids of all its addresses, and of those that lead to it."""
    names: Collection[str]
    """The last parts of their paths, in small letters and without escapes. No other text is such an address."""
    titles: re.Pattern[str]
    """Finds a title of the article, if no other article and no feed has it."""
    guids: Collection[str]
    """Guids of its items, if no other item of the same feed had them …"""
    feeds: Collection[str]
    """… and the addresses of these feeds."""
    mask: NameMask | None
    """If given, only documents that also have the name count."""


def name_in_path(url: str) -> str:
    """The last part of the path of an address, up to a dot, in small letters and without escapes. All spellings of the
    address have it."""
    try:
        path = urlsplit(canonical_url(url)).path
    except ValueError:  # a server may have sent anything
        return ""
    return unquote(path).rstrip("/").rpartition("/")[2].partition(".")[0].casefold()


def article_at(url: str) -> UUID | None:
    """The id of the article at this address; None if it is the front page or no address at all."""
    try:
        return None if is_front_page(url) else article_id(url)
    except ValueError:  # a document may have anything that looks like an address
        return None


def lists(location: Location, *, storage: Storage, sought: Sought) -> bool:
    """True if the document there has an item of the article, as a poll would read it, or names it in its text by an
    address or a title. One that cannot be read as a document may have anything; one whose bytes are lost has nothing.
    """
    try:
        member = storage.read(location)
    except ArchiveError:
        return False
    try:
        page = read_member(member, where=str(location))
        text = _as_written(document_text(page.body, page.content_type))
    except (ArchiveError, NotAFeed):
        return True
    is_listed = sought.titles.search(text) or _has_address(text, page.url, sought) or _has_item(page, text, sought)
    if not is_listed:
        return False
    return sought.mask is None or any(map(sought.mask.is_in, (text, _TAG_IN_WORD.sub("", text))))


def _has_address(text: str, base: str, sought: Sought) -> bool:
    return any(
        article_at(urljoin(base, address)) in sought.ids
        for address in _addresses(text)
        if any(name in address.casefold() for name in sought.names)
    )


def _addresses(text: str) -> Iterator[str]:
    for each in {text, html.unescape(text), unquote(text)}:
        for found in _ADDRESS.finditer(each):
            yield found[1].rstrip(".,;:!)]}")
        for found in _WHOLE_TEXT.finditer(each):
            if "/" in found[1]:
                yield found[1]


def _has_item(page: ArchivedPage, text: str, sought: Sought) -> bool:
    feed = _feed(page)
    if feed is not None and any(article_id(item.url) in sought.ids for item in feed.items):
        return True
    if not any(page.url.endswith(address) for address in sought.feeds):
        return False
    if feed is not None:
        return any(item.guid in sought.guids for item in feed.items)
    whole = "|".join(re.escape(guid) for guid in sought.guids if len(guid) >= _LEAST_GUID_CHARS) or "(?!)"
    return re.search(rf"[\"'>\[]\s*(?:{whole})\s*[\"'<\]]", text) is not None


def _feed(page: ArchivedPage) -> Feed | None:
    try:
        return parse_feed(
            page.body, url=page.url, content_type=page.content_type, zone=ZoneInfo("UTC"), now=datetime.now(UTC)
        )
    except NotAFeed:
        return None


def _as_written(text: str) -> str:
    """The text with the escapes of XML and JSON undone."""
    return _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text)).replace("\\/", "/")
