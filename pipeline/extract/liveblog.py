"""Liveblogs: pages with many entries, each with a time.

The times are read before the tree is cleaned, because trafilatura drops them. The text after a time on the page
identifies the block with which its entry begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import islice

import msgspec
from lxml.html import HtmlElement

from pipeline.events import Block, LiveEntry
from pipeline.extract.metadata.declared import Declared, types_of
from pipeline.extract.page.dates import parse_moment
from pipeline.extract.page.text import normal, plain, raw_text, tidy

_NAMED = re.compile(r"live-?blog|live-?ticker|newsblog|newsticker|live[ -]updates?\b|\bLIVE:", re.IGNORECASE)
_MIN_ENTRIES = 2
_MAX_ENTRIES = 2_000
_KEY_WORDS = 8
"""Number of first words that identify an entry."""
_EPOCH_MILLISECONDS = re.compile(r"^1\d{12}$")


def is_liveblog(declared: Declared, headline: str | None, url: str) -> bool:
    """Whether the page is a liveblog, by its declared type, its address or its headline."""
    return "LiveBlogPosting" in types_of(declared.article) or any(
        _NAMED.search(text) is not None for text in (headline or "", url)
    )


class _Dated(msgspec.Struct, frozen=True):
    """The time of one entry. Two keys may lead to it: its heading and its text."""

    entry_no: int
    at: datetime


class Timeline(msgspec.Struct, frozen=True):
    """The times of entries by the first words of their headings and texts."""

    times: Mapping[str, _Dated] = {}

    @classmethod
    def read(cls, body: HtmlElement, declared: Declared, captured_at: datetime, zone: tzinfo = UTC) -> Timeline:
        """Read the updates in JSON-LD and the time elements of the page. Times after the capture are ignored."""
        times: dict[str, _Dated] = {}
        for entry_no, (said, texts) in enumerate([*_declared_updates(declared), *_visible_times(body)]):
            moment = parse_moment(said, default_zone=zone)
            if moment and moment.has_time and moment.at <= captured_at:
                for key in filter(None, map(_key, texts)):
                    times.setdefault(key, _Dated(entry_no, moment.at))
        return cls(times=times)

    def entries_among(self, blocks: Sequence[Block]) -> tuple[LiveEntry, ...]:
        """The blocks with which entries begin; empty if the page has fewer than two entries."""
        if not self.times:
            return ()
        begun: set[int] = set()
        entries: list[LiveEntry] = []
        for number, block in enumerate(blocks, start=1):
            dated = self.times.get(_key(block.text))
            if dated is not None and dated.entry_no not in begun:
                begun.add(dated.entry_no)
                entries.append(LiveEntry(block_no=number, published_at=dated.at))
        return tuple(entries) if len(entries) >= _MIN_ENTRIES else ()


def _key(text: str) -> str:
    return " ".join(normal(text[:400]).split()[:_KEY_WORDS])


def _declared_updates(declared: Declared) -> Iterator[tuple[str, list[str]]]:
    updates = declared.article.get("liveBlogUpdate")
    for update in updates[:_MAX_ENTRIES] if isinstance(updates, list) else []:
        if isinstance(update, Mapping) and isinstance(update.get("datePublished"), str):
            said = (update.get("headline"), update.get("articleBody"))
            yield update["datePublished"], [plain(text) for text in said if isinstance(text, str)]


def _visible_times(body: HtmlElement) -> Iterator[tuple[str, list[str]]]:
    """Each time element that has a machine-readable time, with the heading and the paragraph that follow it."""
    said: str | None = None
    texts: list[str] = []
    for element in islice(body.iter("time", "h2", "h3", "h4", "h5", "p"), _MAX_ENTRIES * 10):
        if element.tag == "time":
            if said and texts:
                yield said, texts
            said, texts = _machine_time(element), []
        elif len(texts) < 2 and (text := tidy(raw_text(element))):
            texts.append(text)
    if said and texts:
        yield said, texts


def _machine_time(element: HtmlElement) -> str | None:
    """Its `datetime`, or the epoch in milliseconds that an element around it has in a `data-…-time` attribute."""
    said = element.get("datetime")
    if said:
        return str(said)
    for holder in [element, *list(element.iterancestors())[:3]]:
        for name, value in holder.attrib.items():
            if str(name).startswith("data-") and "time" in str(name) and _EPOCH_MILLISECONDS.match(str(value)):
                return datetime.fromtimestamp(int(value) / 1000, UTC).isoformat()
    return None
