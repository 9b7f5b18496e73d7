"""Feeds: bytes in, items out. RSS, Atom and RDF, also broken and mislabelled ones, by feedparser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import feedparser
import msgspec
from dateutil import parser as dateparser

from pipeline.ids import canonical_url, digest

MAX_TEXT_CHARS = 20_000

_GERMAN_DATE_WORDS = {
    "januar": "jan", "jänner": "jan", "februar": "feb", "märz": "mar", "mär": "mar", "mrz": "mar", "mai": "may",
    "juni": "jun", "juli": "jul", "oktober": "oct", "okt": "oct", "dezember": "dec", "dez": "dec",
    "mez": "+0100", "mesz": "+0200", "cet": "+0100", "cest": "+0200", "uhr": "",
}  # fmt: skip
_GERMAN_WEEKDAY = re.compile(
    r"^\s*(?:mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)\.?,?\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+\.?")
_ZONES = {
    name: hours * 3600
    for name, hours in {
        "UT": 0,
        "BST": 1,
        "EST": -5,
        "EDT": -4,
        "CST": -6,
        "CDT": -5,
        "MST": -7,
        "MDT": -6,
        "PST": -8,
        "PDT": -7,
    }.items()
}
_ANY_TWO_DAYS = (datetime(1996, 1, 2), datetime(2004, 3, 5))  # noqa: DTZ001  # the parser wants them naive
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class NotAFeed(Exception):
    """The body is no feed that can be read."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the feed gave it."""

    url: str
    canonical_url: str
    guid: str
    title: str | None
    summary: str | None
    published_at: datetime | None
    updated_at: datetime | None
    published_raw: str | None
    updated_raw: str | None = None

    @property
    def said_digest(self) -> str:
        """Of everything the feed said; dates as written, so that a better date parser changes no identity."""
        return digest(
            msgspec.json.encode([self.url, self.guid, self.title, self.summary, self.published_raw, self.updated_raw])
        )


class Feed(msgspec.Struct, frozen=True):
    items: tuple[Item, ...]
    warnings: tuple[str, ...]
    """What was wrong although the feed was read: `broken_xml`, `wrong_charset`, `item_without_link`, `bad_date`,
    `guid_reused`."""


def parse_feed(body: bytes, *, url: str, content_type: str | None, zone: ZoneInfo) -> Feed:
    """Every item with a usable link, in the feed's order. `zone` is for dates that name none. Raises NotAFeed."""
    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    parsed = feedparser.parse(body, response_headers=headers, sanitize_html=True, resolve_relative_uris=True)
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeed(f"{url}: not a feed ({content_type or 'no content-type'}, {len(body)} bytes)")
    warnings = list(_feed_warnings(parsed))
    read = [_item(entry, url, zone, warnings) for entry in parsed.entries]
    items = _with_distinct_guids([item for item in read if item is not None], warnings)
    return Feed(items, tuple(dict.fromkeys(warnings)))


def _with_distinct_guids(items: list[Item], warnings: list[str]) -> tuple[Item, ...]:
    """One item for each guid. Where one guid stands for several pages it identifies none of them; the URL does."""
    urls: dict[str, set[str]] = {}
    for item in items:
        urls.setdefault(item.guid, set()).add(item.canonical_url)
    if any(len(pages) > 1 for pages in urls.values()):
        warnings.append("guid_reused")
        items = [msgspec.structs.replace(item, guid=item.url) if len(urls[item.guid]) > 1 else item for item in items]
    distinct: dict[str, Item] = {}
    for item in items:
        distinct.setdefault(item.guid, item)
    return tuple(distinct.values())


def _feed_warnings(parsed: Mapping[str, Any]) -> Iterator[str]:
    if not parsed.get("bozo"):
        return
    problem = parsed.get("bozo_exception")
    if isinstance(problem, feedparser.CharacterEncodingOverride | feedparser.CharacterEncodingUnknown):
        yield "wrong_charset"
    elif isinstance(problem, feedparser.NonXMLContentType):
        yield "wrong_content_type"
    else:
        yield "broken_xml"


def _item(entry: dict[str, Any], feed_url: str, zone: ZoneInfo, warnings: list[str]) -> Item | None:
    link = _text(entry.get("link")) or _text(entry.get("id"))
    published, updated = (_text(dict.get(entry, name)) for name in ("published", "updated"))  # no answer for the other
    try:
        url = urljoin(feed_url, link or "")
        canonical = canonical_url(url) if link else ""
    except ValueError:
        canonical = ""
    if not canonical:
        warnings.append("item_without_link")
        return None
    raw = published or updated
    published_at = parse_date(raw, zone) if raw else None
    if raw and published_at is None:
        warnings.append("bad_date")
    return Item(
        url=url,
        canonical_url=canonical,
        guid=_text(entry.get("id")) or url,
        title=_text(entry.get("title")),
        summary=_text(entry.get("summary")),
        published_at=published_at,
        updated_at=parse_date(updated, zone) if updated and updated != raw else None,
        published_raw=raw,
        updated_raw=updated,
    )


def parse_date(raw: str, zone: ZoneInfo) -> datetime | None:
    """A feed's date in UTC: ISO 8601, RFC 822 and the German spellings of it; None where it is no date.

    A date that names no zone is taken to be in `zone`.
    """
    words = _WORD.sub(lambda m: _GERMAN_DATE_WORDS.get(m[0].lower().rstrip("."), m[0]), _GERMAN_WEEKDAY.sub("", raw))
    day_first = not words.strip()[:4].isdigit()
    try:
        parsed, other = (
            dateparser.parse(words, dayfirst=day_first, default=day, tzinfos=_ZONES) for day in _ANY_TWO_DAYS
        )
        if parsed.date() != other.date():
            return None  # the parser filled in what the text does not say
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def _text(value: object) -> str | None:
    """Text that can be stored everywhere: no NUL, no lone surrogates, not endless; None where there is none."""
    if not isinstance(value, str):
        return None
    return _UNSTORABLE.sub("", value).strip()[:MAX_TEXT_CHARS] or None
