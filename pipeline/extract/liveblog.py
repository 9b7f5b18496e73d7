"""Liveblogs: pages with many entries, each with a time.

The times are read before the tree is cleaned, because trafilatura drops them. When the article's blocks are known, an
entry's first words tell which block it begins with.
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

_LIVEBLOG_NAME = re.compile(r"live-?blog|live-?ticker|newsblog|newsticker|live[ -]updates?\b|\bLIVE:", re.IGNORECASE)
_MIN_ENTRIES = 2
_MAX_ENTRIES = 2_000
_WORDS_IN_KEY = 8
"""Number of the first words of a heading or text that identify an entry."""
_EPOCH_MILLISECONDS = re.compile(r"^1\d{12}$")


def is_liveblog(declared: Declared, headline: str | None, url: str) -> bool:
    """True if the page is a liveblog, by its declared type, its address or its headline."""
    return "LiveBlogPosting" in types_of(declared.article) or any(
        _LIVEBLOG_NAME.search(text) is not None for text in (headline or "", url)
    )


class _Dated(msgspec.Struct, frozen=True):
    """The time of one entry. Its heading and its text may both lead to it."""

    entry_no: int
    """The number of the update or time element that says it. Only the first block with a number begins an entry."""
    at: datetime


class Timeline(msgspec.Struct, frozen=True):
    """The times of entries."""

    times: Mapping[str, _Dated] = {}
    """By the first words of the headings and texts, as `_key` gives them."""

    @classmethod
    def read(cls, body: HtmlElement, declared: Declared, captured_at: datetime, zone: tzinfo = UTC) -> Timeline:
        """Read the updates in JSON-LD and the time elements of the page. Times after the capture are ignored."""
        times: dict[str, _Dated] = {}
        for entry_no, (written_time, texts) in enumerate([*_declared_updates(declared), *_visible_times(body)]):
            moment = parse_moment(written_time, default_zone=zone)
            if moment and moment.has_time and moment.at <= captured_at:
                keys = [key for key in map(_key, texts) if key]
                # a declared update and the time element on the page may say the same entry
                known = (times[key] for key in keys if key in times and times[key].at == moment.at)
                dated = next(known, _Dated(entry_no, moment.at))
                for key in keys:
                    times.setdefault(key, dated)
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
    """The first words of a heading, text or block, as they are compared."""
    return " ".join(normal(text[:400]).split()[:_WORDS_IN_KEY])


def _declared_updates(declared: Declared) -> Iterator[tuple[str, list[str]]]:
    """Each update in JSON-LD: its time as written, and its heading and text."""
    updates = declared.article.get("liveBlogUpdate")
    for update in updates[:_MAX_ENTRIES] if isinstance(updates, list) else []:
        if isinstance(update, Mapping) and isinstance(update.get("datePublished"), str):
            texts = (update.get("headline"), update.get("articleBody"))
            yield update["datePublished"], [plain(text) for text in texts if isinstance(text, str)]


def _visible_times(body: HtmlElement) -> Iterator[tuple[str, list[str]]]:
    """Each time element with a machine-readable time: this time, and the first two headings or paragraphs after it."""
    written_time: str | None = None
    texts: list[str] = []
    for element in islice(body.iter("time", "h2", "h3", "h4", "h5", "p"), _MAX_ENTRIES * 10):
        if element.tag == "time":
            if written_time and texts:
                yield written_time, texts
            written_time, texts = _machine_time(element), []
        elif len(texts) < 2 and (text := tidy(raw_text(element))):
            texts.append(text)
    if written_time and texts:
        yield written_time, texts


def _machine_time(element: HtmlElement) -> str | None:
    """The element's `datetime`, or the time in a `data-…-time` attribute (epoch milliseconds) on it or around it."""
    written_time = element.get("datetime")
    if written_time:
        return str(written_time)
    for holder in [element, *list(element.iterancestors())[:3]]:
        for name, value in holder.attrib.items():
            if str(name).startswith("data-") and "time" in str(name) and _EPOCH_MILLISECONDS.match(str(value)):
                return datetime.fromtimestamp(int(value) / 1000, UTC).isoformat()
    return None
