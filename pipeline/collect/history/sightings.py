"""The articles that a document of the history names, each with the best evidence for its date of publication.

Part of that evidence are dates in addresses: `/2026/03/14/…`, `sitemap-2026-03.xml`, `?yyyy=2026&mm=03`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.storage import Location
from pipeline.collect.feeds import FeedItem
from pipeline.collect.history.documents import NotRead
from pipeline.events import DateQuality, Via
from pipeline.interval import Interval

_A_DAY = timedelta(days=1)
"""Zones differ by up to this much, and a date without a time may be this much too early."""
MIN_STAMPED = 10
"""At least this many pages of a sitemap show whether their `lastmod` is the time of the request."""
_STAMPED_WITHIN = timedelta(hours=1)
NOON = timedelta(hours=12)
"""A date without a time counts as its noon, which is the same day in UTC everywhere but in New Zealand's summer."""

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_SPELLINGS = tuple(
    re.compile(spelling, re.IGNORECASE)
    for spelling in (
        rf"(?<!\d){_YEAR}(?P<mark>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=mark)(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
        rf"/{_YEAR}/(?P<month>\d\d?)/(?P<day>\d\d?)(?!\d)",
        rf"[?&]y(?:yyy|ear)?={_YEAR}&m(?:m|onth)?=(?P<month>\d\d?)(?:&d(?:d|ay)?=(?P<day>\d\d?))?(?!\d)",
        rf"(?<!\d){_YEAR}[-_.]?(?P<month>0[1-9]|1[0-2])(?!\d)",
        rf"/{_YEAR}/(?P<month>\d\d?)(?!\d)",
        rf"[?&]y(?:yyy|ear)?={_YEAR}(?!\d)",
        rf"(?<![^\W_]){_YEAR}(?![^\W_])[^/]*$",
        rf"/{_YEAR}(?=/)",
    )
)
"""The most exact first. A year alone counts only as a folder or, without letters beside it, in the last part of the
path: the number in `post-sitemap1998.xml` is not a year, some outlets have two thousand sitemaps."""
_OWN_SEGMENT = re.compile(
    rf"/(?P<raw>{_YEAR}(?P<mark>[-/_.]?)(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<day>0[1-9]|[12]\d|3[01]))(?=[/_-]|$)"
)
"""A date at the start of a part of the path is the date of publication; elsewhere in a slug it may be any date."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """An article that a document of the history names."""

    item: FeedItem
    found_in: str
    """The address of the document."""
    dated_at: datetime
    """UTC. When the article was published, or the best estimate; decides to which interval it belongs."""


class HistoryResult(msgspec.Struct, frozen=True, kw_only=True):
    """One document of the history that was read, and the articles of the interval that it names.

    Every source of history reports what it reads in this form.
    """

    via: Via
    url: str
    interval: Interval | None = None
    """The part of the run's interval for which it was read; None for all of it."""
    read_at: datetime | None = None
    """When it was fetched, if that was before this run."""
    failure: NotRead | None = None
    """Why it was not read, or not to its end."""
    is_partial: bool = False
    """It was read, but not everything that it leads to."""
    entries: int = 0
    """Number of entries that it holds, of any date."""
    sightings: tuple[Sighting, ...] = ()
    payload_digest: str | None = None
    location: Location | None = None
    """The place of its bytes in the archive."""


class NamedDay(msgspec.Struct, frozen=True):
    """The day that the address of an article names."""

    begins_at: datetime
    """Midnight in the zone of the outlet, in UTC."""
    raw: str


def named_interval(url: str, zone: ZoneInfo) -> Interval | None:
    """The year, month or day in `zone` that the address of a sitemap names, or None."""
    parts = urlsplit(url)
    text = f"{parts.path}?{parts.query}"
    for spelling in _SPELLINGS:
        match = spelling.search(text)
        if match:
            fields = match.groupdict()
            return _span(int(fields["year"]), fields.get("month"), fields.get("day"), zone)
    return None


def named_day(url: str, zone: ZoneInfo) -> NamedDay | None:
    """The day of publication that the address of an article names, or None."""
    match = _OWN_SEGMENT.search(urlsplit(url).path)
    span = _span(int(match["year"]), match["month"], match["day"], zone) if match else None
    return NamedDay(span.start, match["raw"]) if match and span else None


def _span(year: int, month: str | None, day: str | None, zone: ZoneInfo) -> Interval | None:
    """None for a day that does not exist."""
    try:
        start = datetime(year, int(month or 1), int(day or 1), tzinfo=zone)
        if day:
            end = (start + timedelta(days=1)).replace(hour=0)
        elif month:
            end = (start + timedelta(days=31)).replace(day=1)
        else:
            end = start.replace(year=year + 1)
    except ValueError:
        return None
    return Interval(start.astimezone(UTC), end.astimezone(UTC))


def is_stamped(items: Iterable[FeedItem], read_at: datetime) -> bool:
    """True if every `lastmod` is about the time of the request. Some servers write that, and then it dates nothing."""
    changes = [item.updated_at for item in items if item.updated_at is not None]
    return len(changes) >= MIN_STAMPED and min(changes) >= read_at - _STAMPED_WITHIN


def dated_by_itself(item: FeedItem, zone: ZoneInfo, existed_at: datetime | None) -> tuple[FeedItem, datetime | None]:
    """The item and its date of publication, its own or that of its address, which then becomes the item's own.

    `existed_at` is a time at which the article was online, if known. A day in the address after that time, such as
    `/news/20310512`, is a number.
    """
    if item.published_at is not None:
        noon = NOON if item.published_quality is DateQuality.DAY_ONLY else NOON * 0
        return item, item.published_at + noon
    day = named_day(item.url, zone)
    if day is None or (day.raw.isdigit() and existed_at is not None and day.begins_at > existed_at + _A_DAY):
        return item, None
    dated = msgspec.structs.replace(
        item, published_at=day.begins_at, published_raw=day.raw, published_quality=DateQuality.DAY_ONLY
    )
    return dated, day.begins_at + NOON
