"""Decides whether an archived feed, sitemap or other document lists an article. It parses what servers sent, so it is
called in worker processes."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import ArchivedPage, read_member
from pipeline.collect.feeds import NotAFeed, document_text, parse_feed
from pipeline.errors import ArchiveError
from pipeline.ids import article_id
from pipeline.steps.name_mask import NameMask

_JSON_ESCAPE = re.compile(r"\\u([\da-fA-F]{4})")
_TAG_IN_WORD = re.compile(r"</?(?:a|b|em|font|i|mark|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


class Sought(msgspec.Struct, frozen=True):
    """An article, as documents may list it."""

    ids: Collection[UUID]
    """The ids of all its addresses."""
    addresses: Collection[str]
    traces: re.Pattern[str]
    """Finds what else in a text names the article: a path, a guid, a title."""
    mask: NameMask | None
    """If given, only documents that also have the name count."""


def lists(location: Location, *, storage: Storage, sought: Sought) -> bool:
    """True if the document there has an item of the article, as a poll would read it, or an address of the article in
    its text. One that cannot be read as a document may have anything; one whose bytes are lost has nothing."""
    try:
        member = storage.read(location)
    except ArchiveError:
        return False
    try:
        page = read_member(member, where=str(location))
        text = _as_written(document_text(page.body, page.content_type))
    except (ArchiveError, NotAFeed):
        return True
    is_listed = sought.traces.search(text) is not None or _has_address(text, sought) or _has_item(page, sought)
    return is_listed and (sought.mask is None or any(map(sought.mask.is_in, (text, _TAG_IN_WORD.sub("", text)))))


def _has_address(text: str, sought: Sought) -> bool:
    comparable = _comparable(text)
    return any(_comparable(_SCHEME.sub("", address)) in comparable for address in sought.addresses)


def _has_item(page: ArchivedPage, sought: Sought) -> bool:
    try:
        feed = parse_feed(
            page.body, url=page.url, content_type=page.content_type, zone=ZoneInfo("UTC"), now=datetime.now(UTC)
        )
    except NotAFeed:
        return False
    return any(article_id(item.url) in sought.ids for item in feed.items)


def _as_written(text: str) -> str:
    """The text with the escapes of XML and JSON undone."""
    return _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text)).replace("\\/", "/")


def _comparable(text: str) -> str:
    return unquote(text).casefold()
