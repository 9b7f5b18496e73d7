"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), also with small errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.collect.feeds.feed import (
    MAX_ITEMS,
    FeedKind,
    FeedText,
    Masthead,
    ParsedFeed,
    RawEntry,
    Unreadable,
    is_file,
    is_no_article,
    is_picture,
)
from pipeline.events import Enclosure

MAX_VALUES = 2_000_000
"""Maximum number of values, counted by commas, brackets and braces. Python needs up to 64 bytes for a value."""

_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s*[\]}])')
"""A string, or a comma after the last value of a list or object, which Python's reader refuses."""
_WEB = ("http://", "https://")
_SIZE_DIGITS = 16


def read_json_feed(text: str) -> ParsedFeed:
    """The entries of a JSON Feed. Raises Unreadable for other JSON and other text."""
    if sum(map(text.count, ",{[")) > MAX_VALUES:
        raise Unreadable(f"JSON of more than {MAX_VALUES} values")
    try:
        try:
            feed = _loads(text)
        except ValueError:
            feed = _loads(_LAST_COMMA.sub(r"\1", text))
    except RecursionError:
        raise Unreadable("JSON that is nested too deep") from None
    except ValueError as exc:
        raise Unreadable(f"broken JSON: {exc}") from exc
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise Unreadable("JSON without items")
    items = feed["items"]
    entries = [_read_entry(item) if isinstance(item, dict) else RawEntry(link=None) for item in items[:MAX_ITEMS]]
    if "jsonfeed" not in str(feed.get("version")) and not any(entry.link for entry in entries):
        raise Unreadable("JSON that is not a JSON Feed")
    return ParsedFeed(
        kind=FeedKind.JSON_FEED,
        entries=entries,
        beyond=max(0, len(items) - MAX_ITEMS),
        own_url=_first(feed, "home_page_url", "feed_url"),
        masthead=Masthead(
            title=_first(feed, "title"),
            language=_first(feed, "language"),
            homepage=_first(feed, "home_page_url"),
            image=_first(feed, "icon", "favicon"),
        ),
    )


def _loads(text: str) -> Any:
    """Numbers stay text: only ids and dates are read, and so a million digits cost nothing."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, strict=False)


def _read_entry(item: Mapping[str, Any]) -> RawEntry:
    guid = _first(item, "id")
    named = [_first(item, "url"), _first(item, "external_url"), guid if guid and guid.startswith(_WEB) else None]
    links = [link for link in named if link and not is_picture(Enclosure(link))]
    link = min(links, key=is_no_article, default=None)
    attached = tuple(_attachments(item))
    file = next((one.url for one in attached if is_file(one)), None)
    html, text = _first(item, "content_html"), _first(item, "content_text")
    summary, title = _first(item, "summary"), _first(item, "title")
    return RawEntry(
        link=link or file,
        link_is_enclosure=link is None and file is not None,
        guid=guid,
        title=FeedText(title, is_html=False, is_plain=True) if title else None,
        summary=FeedText(summary or text or "", False),  # the HTML is kept as the content
        content=FeedText(html, True) if html else FeedText(text, False) if text else None,
        published=_first(item, "date_published"),
        updated=_first(item, "date_modified"),
        authors=tuple(_authors(item)),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        enclosures=attached,
    )


def _authors(item: Mapping[str, Any]) -> Iterator[str]:
    """Version 1.1 has a list of authors, 1.0 a single one."""
    for author in (*_list(item, "authors"), item.get("author")):
        name = _first(author, "name") if isinstance(author, dict) else author
        if name and isinstance(name, str):
            yield name


def _attachments(item: Mapping[str, Any]) -> Iterator[Enclosure]:
    for attachment in _list(item, "attachments"):
        if isinstance(attachment, dict) and (url := _first(attachment, "url")):
            size = _first(attachment, "size_in_bytes") or ""
            size_bytes = int(size) if size.isdecimal() and len(size) < _SIZE_DIGITS else None
            yield Enclosure(url, _first(attachment, "mime_type"), size_bytes)


def _list(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = values.get(name)
    return value if isinstance(value, list) else ()


def _first(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields with a text or number that is not empty; ids and dates are often numbers."""
    texts = (value.strip() for name in names if isinstance(value := values.get(name), str))
    return next((text for text in texts if text), None)
