"""Checks that feeds are read as feedparser reads them: `python -m tests.benchmarks.feedparser_corpus FOLDER`.

`FOLDER` is the folder `tests` of feedparser's source distribution, which has 2,242 feeds. Compares the links, titles
and dates of all items, and prints each file that differs, with both readings. Decision 14 says why they differ. Most of
these feeds are about one field and have items without links; each of these items gets one.
"""

from __future__ import annotations

import calendar
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import struct_time
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import feedparser
import msgspec

from pipeline.collect.feeds import NotAFeed, parse_feed
from pipeline.collect.feeds.html import plain_text

URL = "http://127.0.0.1:8097/tests/feed.xml"
NOW = datetime(2100, 1, 1, tzinfo=UTC)
_ITEM = re.compile(rb"<(?P<name>item|entry)(?:\s[^<>]*)?(?<!/)>")


class Reading(msgspec.Struct, frozen=True):
    """What both readers say about an item."""

    link: str | None
    title: str | None
    dates: frozenset[datetime]


def ours(body: bytes) -> list[Reading]:
    try:
        feed = parse_feed(body, url=URL, content_type=None, zone=ZoneInfo("UTC"), now=NOW)
    except NotAFeed:
        return []
    return [
        Reading(item.url, item.title, frozenset(date for date in (item.published_at, item.updated_at) if date))
        for item in feed.items
    ]


def theirs(body: bytes) -> list[Reading]:
    """Entries with a link, made absolute; titles as plain text on one line."""
    parsed = feedparser.parse(io.BytesIO(body), response_headers={"content-location": URL})
    return [
        Reading(
            urljoin(URL, entry["link"]),
            " ".join(plain_text(entry.get("title", "")).split()) or None,
            frozenset(_dates(entry.get("published_parsed"), dict.get(entry, "updated_parsed"))),
        )
        for entry in parsed.entries
        if entry.get("link")
    ]


def _dates(*parsed: struct_time | None) -> Iterator[datetime]:
    return (datetime.fromtimestamp(calendar.timegm(each), UTC) for each in parsed if each)


def with_links(body: bytes) -> bytes:
    """The feed with a link in each item; in Atom, links are attributes."""

    def linked(start: re.Match[bytes]) -> bytes:
        link = f"{URL}?at={start.start()}".encode()
        inner = b"<link href='%b'/>" % link if start["name"] == b"entry" else b"<link>%b</link>" % link
        return start[0] + inner

    return _ITEM.sub(linked, body)


def main(folder: Path) -> None:
    counts = Counter[str]()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".xml", ".gz", ".z"}):
        body = path.read_bytes()
        own, other = ours(body), theirs(body)
        if not own and not other:
            body = with_links(body)
            own, other = ours(body), theirs(body)
        verdict = "differ" if own != other else "same items" if own else "no items"
        counts[verdict] += 1
        if verdict == "differ":
            print(f"{path.relative_to(folder)}\n  newsledger {own}\n  feedparser {other}")
    print(dict(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
