"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), and what is nearly that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.collect.feeds.feed import MAX_ITEMS, FeedKind, ParsedFeed, RawEntry, Said, Unreadable

MAX_VALUES = 2_000_000
"""Of a document, counted by its commas, brackets and braces: what Python makes of a value needs up to 64 bytes."""

_WEB = ("http://", "https://")


def read_json_feed(text: str) -> ParsedFeed:
    """The entries of a JSON Feed. Raises Unreadable where it is other JSON, or none."""
    if sum(map(text.count, ",{[")) > MAX_VALUES:
        raise Unreadable(f"JSON of more than {MAX_VALUES} values")
    try:
        # numbers stay as written, since only ids and dates are read, and `NaN` or a million digits harm nobody
        feed = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, strict=False)
    except RecursionError:
        raise Unreadable("JSON that is nested too deep") from None
    except ValueError as exc:
        raise Unreadable(f"broken JSON: {exc}") from exc
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise Unreadable("JSON without items")
    items = feed["items"]
    entries = [_read_entry(item) if isinstance(item, dict) else RawEntry(link=None) for item in items[:MAX_ITEMS]]
    if "jsonfeed" not in str(feed.get("version")) and not any(entry.link for entry in entries):
        raise Unreadable("JSON that is no JSON Feed")
    return ParsedFeed(
        kind=FeedKind.JSON_FEED,
        entries=entries,
        beyond=max(0, len(items) - MAX_ITEMS),
        own_url=_first(feed, "home_page_url", "feed_url"),
    )


def _read_entry(item: Mapping[str, Any]) -> RawEntry:
    guid, enclosure = _first(item, "id"), _first_attachment(item)
    link = _first(item, "url", "external_url") or (guid if guid and guid.startswith(_WEB) else None)
    html, text = _first(item, "content_html"), _first(item, "content_text")
    summary, title = _first(item, "summary"), _first(item, "title")
    return RawEntry(
        link=link or enclosure,
        link_is_enclosure=link is None and enclosure is not None,
        guid=guid,
        title=Said(title, False) if title else None,
        summary=Said(summary or text or "", False),  # not the HTML, which is kept as such
        content=Said(html, True) if html else Said(text, False) if text else None,
        published=_first(item, "date_published"),
        updated=_first(item, "date_modified"),
    )


def _first_attachment(item: Mapping[str, Any]) -> str | None:
    attachments = item.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    return _first(first, "url") if isinstance(first, dict) else None


def _first(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of the fields that is a text (or a number, as ids and dates often are) and not empty."""
    texts = (value.strip() for name in names if isinstance(value := values.get(name), str))
    return next((text for text in texts if text), None)
