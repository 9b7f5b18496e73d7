"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), also with small errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.collect.feeds.feed import MAX_ITEMS, FeedKind, FeedText, ParsedFeed, RawEntry, Unreadable

MAX_VALUES = 2_000_000
"""Maximum number of values, counted by commas, brackets and braces. Python needs up to 64 bytes for a value."""

_WEB = ("http://", "https://")


def read_json_feed(text: str) -> ParsedFeed:
    """The entries of a JSON Feed. Raises Unreadable for other JSON and other text."""
    if sum(map(text.count, ",{[")) > MAX_VALUES:
        raise Unreadable(f"JSON of more than {MAX_VALUES} values")
    try:
        # numbers stay text: only ids and dates are read, and so a million digits cost nothing
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
        raise Unreadable("JSON that is not a JSON Feed")
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
        title=FeedText(title, False) if title else None,
        summary=FeedText(summary or text or "", False),  # the HTML is kept as the content
        content=FeedText(html, True) if html else FeedText(text, False) if text else None,
        published=_first(item, "date_published"),
        updated=_first(item, "date_modified"),
    )


def _first_attachment(item: Mapping[str, Any]) -> str | None:
    attachments = item.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    return _first(first, "url") if isinstance(first, dict) else None


def _first(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields with a text or number that is not empty; ids and dates are often numbers."""
    texts = (value.strip() for name in names if isinstance(value := values.get(name), str))
    return next((text for text in texts if text), None)
