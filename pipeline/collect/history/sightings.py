"""Spans of time, and those that addresses name: `/2026/03/14/…`, `sitemap-2026-03.xml`, `?yyyy=2026&mm=03`.

An article that the history names, and when it was published as far as that can be shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import FeedItem
from pipeline.events import DateQuality
from pipeline.interval import Interval

NOON = timedelta(hours=12)
"""A date without a time counts as its noon: but in New Zealand's summer that is the same day in UTC, too."""

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
"""The most exact first. A year alone says something only as a folder or, apart from letters, in the last part: of some
outlets there are two thousand sitemaps (`post-sitemap1998.xml`)."""
_OWN_SEGMENT = re.compile(
    rf"/(?P<raw>{_YEAR}(?P<mark>[-/_.]?)(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<day>0[1-9]|[12]\d|3[01]))(?=[/_-]|$)"
)
"""An article's slug may name any date; one at the beginning of a part of the path is when it was published."""


class NamedDay(msgspec.Struct, frozen=True):
    """A day that an article's address names."""

    begins_at: datetime
    """UTC; its midnight where the outlet is."""
    raw: str


def named_period(url: str, zone: ZoneInfo) -> Interval | None:
    """The year, month or day of that zone which a sitemap's address names; None where it names none."""
    parts = urlsplit(url)
    text = f"{parts.path}?{parts.query}"
    for spelling in _SPELLINGS:
        match = spelling.search(text)
        if match:
            fields = match.groupdict()
            return _span(int(fields["year"]), fields.get("month"), fields.get("day"), zone)
    return None


def named_day(url: str, zone: ZoneInfo) -> NamedDay | None:
    """The day on which an article was published, by its address; None where that does not say."""
    match = _OWN_SEGMENT.search(urlsplit(url).path)
    span = _span(int(match["year"]), match["month"], match["day"], zone) if match else None
    return NamedDay(span.start, match["raw"]) if match and span else None


def _span(year: int, month: str | None, day: str | None, zone: ZoneInfo) -> Interval | None:
    """None where there is no such day."""
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


_A_DAY = timedelta(days=1)
"""By so much days differ between zones, or a date without a time lies before the day's beginning."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    item: FeedItem
    found_in: str
    """The address of the document that names it."""
    dated_at: datetime
    """UTC. When it was published, where that is known, else the best that is known of it; decides to which period it
    belongs."""


def dated_by_itself(item: FeedItem, zone: ZoneInfo, existed_at: datetime | None) -> tuple[FeedItem, datetime | None]:
    """The item and when it was published, as it says or its address does; the latter becomes the item's date.

    `existed_at` is when it is known to have been there, if at all: `/news/20310512` is then a number and no day.
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
