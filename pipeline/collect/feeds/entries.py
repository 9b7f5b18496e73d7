"""What the readers of the formats hand over: entries with their fields as written."""

from __future__ import annotations

import msgspec

from pipeline.collect.feeds.feed import FeedKind, FeedWarning


class Unreadable(Exception):
    """The text is no feed of the format it looks like; the message says why."""


class Said(msgspec.Struct, frozen=True):
    """A text of the feed. `value` is markup where `is_html`."""

    value: str
    is_html: bool
    base: str = ""
    """What its addresses are relative to, itself relative to the entry's base."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; None where the feed has no such field."""

    link: str | None
    """Relative to `base`."""
    link_is_enclosure: bool = False
    base: str = ""
    """What its links are relative to, itself relative to the feed's address (xml:base)."""
    guid: str | None = None
    title: Said | None = None
    summary: Said | None = None
    content: Said | None = None
    """The longest of its full texts."""
    published: str | None = None
    updated: str | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    kind: FeedKind
    entries: list[Entry]
    beyond: int = 0
    """Entries that were not read, because there are too many."""
    own_url: str | None = None
    """Where the feed says it belongs."""
    warnings: tuple[FeedWarning, ...] = ()
