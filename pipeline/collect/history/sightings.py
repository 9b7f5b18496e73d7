"""The articles that a document of the history names, each with the best evidence for its date of publication.

A document of the history is a sitemap, an index or a page of the web archive, or a news file. Part of the evidence are
dates in addresses: `/2026/03/14/…`, `sitemap-2026-03.xml`, `?yyyy=2026&mm=03`.
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

_DAY_TOLERANCE = timedelta(days=1)
"""Zones differ by up to this much, and a date without a time may be this much too early."""
_MIN_LASTMODS = 10
"""With fewer pages that have a `lastmod`, all of them may have been changed just now."""
_MOST_LASTMODS = 0.9
"""Some pages of a sitemap may be dated by hand, such as the imprint."""
_NOW_WITHIN = timedelta(hours=1)
"""A `lastmod` of no more than this before the request is about the time of the request."""
_MIN_MADE_AT_ONCE = 50
"""A newsroom may publish fewer articles within `_MADE_WITHIN`."""
_MADE_WITHIN = timedelta(minutes=10)
NOON = timedelta(hours=12)
"""A date without a time counts as noon in the zone of the outlet: in UTC that is the same day, except in New Zealand's
summer."""

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES_IN_ADDRESSES = tuple(
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
_DAY_IN_PATH = re.compile(
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
    """Its articles that belong to the interval of the run."""
    payload_digest: str | None = None
    location: Location | None = None
    """The place of its bytes in the archive."""


class NamedDay(msgspec.Struct, frozen=True):
    """The day that the address of an article names."""

    begins_at: datetime
    """Midnight in the zone of the outlet, in UTC."""
    raw: str
    """The day as the address writes it."""


def named_interval(url: str, zone: ZoneInfo) -> Interval | None:
    """The year, month or day in `zone` that the address of a sitemap names, or None."""
    parts = urlsplit(url)
    text = f"{parts.path}?{parts.query}"
    for spelling in _DATES_IN_ADDRESSES:
        match = spelling.search(text)
        if match:
            fields = match.groupdict()
            return _span(int(fields["year"]), fields.get("month"), fields.get("day"), zone)
    return None


def named_day(url: str, zone: ZoneInfo) -> NamedDay | None:
    """The day of publication that the address of an article names, or None."""
    match = _DAY_IN_PATH.search(urlsplit(url).path)
    span = _span(int(match["year"]), match["month"], match["day"], zone) if match else None
    return NamedDay(span.start, match["raw"]) if match and span else None


def _span(year: int, month: str | None, day: str | None, zone: ZoneInfo) -> Interval | None:
    """The whole year, month or day in `zone`; None if it does not exist."""
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


def lastmod_is_now(items: Iterable[FeedItem], read_at: datetime) -> bool:
    """True if nearly every `lastmod` of a sitemap is about the time of the request. Some servers write that; it is no
    date."""
    changes = [item.updated_at for item in items if item.updated_at is not None]
    now = sum(change >= read_at - _NOW_WITHIN for change in changes)
    return len(changes) >= _MIN_LASTMODS and now >= _MOST_LASTMODS * len(changes)


def lastmod_is_of_file(items: Iterable[FeedItem]) -> bool:
    """True if nearly every `lastmod` of a sitemap is of the same minutes: the time at which the file was made, which
    some sites write for all their pages every night. It is no date either.

    Days without a time say nothing about this, because the sitemap of one day has one day.
    """
    changes = [item.updated_at for item in items if item.updated_at is not None]
    if len(changes) < _MIN_MADE_AT_ONCE:
        return False
    timed = [item.updated_at for item in items if item.updated_at and item.updated_quality is not DateQuality.DAY_ONLY]
    newest = max(timed, default=None)
    made = sum(change >= newest - _MADE_WITHIN for change in timed) if newest is not None else 0
    return made >= _MOST_LASTMODS * len(changes)


def dated_by_itself(item: FeedItem, zone: ZoneInfo, existed_at: datetime | None) -> tuple[FeedItem, datetime | None]:
    """The item, and the time of publication that it or its address gives; None if neither does.

    An item without a date of its own is returned with the day that its address names, if there is one. The second value
    is noon if only the day is known, while the item then has the day's midnight.

    `existed_at` is a time at which the article was online, if known. Digits in the address that would be a later day,
    as in `/news/20310512`, are not a date.
    """
    if item.published_at is not None:
        is_day_only = item.published_quality is DateQuality.DAY_ONLY
        return item, (item.published_at + NOON) if is_day_only else item.published_at
    day = named_day(item.url, zone)
    if day is None or (day.raw.isdigit() and existed_at is not None and day.begins_at > existed_at + _DAY_TOLERANCE):
        return item, None
    dated = msgspec.structs.replace(
        item, published_at=day.begins_at, published_raw=day.raw, published_quality=DateQuality.DAY_ONLY
    )
    return dated, day.begins_at + NOON
