"""Choose when an article was published and modified, from the dates that the page declares and shows.

The most trusted date gives the day and, if it has one, the time. Other dates can only add to it: a time of the same
day, or the zone of the same time. So the date of a later update or of a teaser never becomes the day of publication.

A time without a zone is in the zone that the page's other dates use, else in the outlet's zone (`pipeline.zones`), else
in UTC. If that places it after the capture, it must have been written further east, and it is moved back by the
smallest number of whole hours that places it before the capture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import msgspec

from pipeline.extract.metadata.declared import Declared
from pipeline.extract.page.dates import Moment, parse_moment

CLOCK_SKEW = timedelta(minutes=15)
"""A page can be dated this much after its capture, because its server's clock can be ahead of ours."""
_FURTHEST_EAST = timedelta(hours=14)
"""The largest offset from UTC in use."""
_HOUR = timedelta(hours=1)
_FIRST_YEAR = 1990

_PUBLISHED_METAS = (
    "article:published_time",
    "article:published:time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "date.available",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "date",
)
"""The most trusted first. `last-modified` is not used: it says when the page was generated."""
_LOOSE_METAS = frozenset({"dcterms.date", "dc.date", "date"})
"""Some outlets write the time of publication here, others the time of the last change. So they add a time to the date
of publication only if no modification has the same time."""
_MODIFIED_METAS = (
    "article:modified_time",
    "article:modified:time",
    "og:updated_time",
    "datemodified",
    "date.modified",
    "dcterms.modified",
    "dc.date.modified",
)
_URL_DAY = re.compile(r"[/-](20\d\d)[/-](\d\d)[/-](\d\d)(?!\d)")
_SHOWN = "time"
"""The origin of dates that the page shows."""


class Dated(msgspec.Struct, frozen=True):
    """A chosen date, and where on the page it was read."""

    at: datetime | None = None
    origin: str = ""


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    published: Dated
    modified: Dated
    zone: tzinfo
    """The zone for the page's times without a zone."""
    inferred_zone: str | None = None
    """The zone's name if a chosen time has no zone of its own."""


class _DateCandidate(msgspec.Struct, frozen=True):
    origin: str
    moment: Moment


def choose_publication(
    declared: Declared, shown: Iterable[str], *, url: str, zone: ZoneInfo | None, captured_at: datetime
) -> Publication:
    """Choose both dates. `shown`: the dates in the visible header; `zone`: the outlet's, if known."""
    published_texts = [
        ("json-ld", declared.article.get("datePublished")),
        *((name, declared.meta(name)) for name in _PUBLISHED_METAS),
        *((_SHOWN, text) for text in shown),
        ("json-ld page", declared.page.get("datePublished")),
        ("json-ld created", declared.article.get("dateCreated")),
        ("json-ld upload", declared.page.get("uploadDate")),
        ("url", _day_in(url)),
    ]
    modified_texts = [
        ("json-ld", declared.article.get("dateModified")),
        *((name, declared.meta(name)) for name in _MODIFIED_METAS),
        ("json-ld page", declared.page.get("dateModified")),
    ]
    page_zone = _zone_in_use(_read([*published_texts, *modified_texts], UTC, captured_at), zone)
    modifications = _read(modified_texts, page_zone or UTC, captured_at)
    # A page can show the time of its last update in the header; that is not its publication.
    updates = {_minute(candidate) for candidate in modifications if candidate.moment.has_time}
    candidates = [
        candidate
        for candidate in _read(published_texts, page_zone or UTC, captured_at)
        if candidate.origin != _SHOWN or _minute(candidate) not in updates
    ]
    published = _refined(candidates, updates, page_zone)
    modified = _refined(modifications, set(), page_zone)
    if published and modified and modified.moment.at < published.moment.at:
        modified = None
    guessed = [
        entry for entry in (published, modified) if entry and entry.moment.has_time and not entry.moment.has_zone
    ]
    return Publication(
        published=Dated(published.moment.at, published.origin) if published else Dated(),
        modified=Dated(modified.moment.at, modified.origin) if modified else Dated(),
        zone=page_zone or UTC,
        inferred_zone=str(page_zone or UTC) if guessed else None,
    )


def _day_in(url: str) -> str | None:
    """The day in an address such as `/2026/03/12/harbour`."""
    found = _URL_DAY.search(url)
    return "-".join(found.groups()) if found else None


def _read(texts: Iterable[tuple[str, object]], zone: tzinfo, captured_at: datetime) -> list[_DateCandidate]:
    """The candidates that are valid dates, not before 1990 and not after the capture."""
    moments = ((origin, parse_moment(str(text), default_zone=zone)) for origin, text in texts if text)
    believed = ((origin, _before(moment, captured_at)) for origin, moment in moments if moment is not None)
    return [_DateCandidate(origin, moment) for origin, moment in believed if moment and moment.at.year >= _FIRST_YEAR]


def _before(moment: Moment, captured_at: datetime) -> Moment | None:
    """The moment if it is not after the capture, give or take `CLOCK_SKEW`; otherwise None.

    A moment without a zone may be up to `_FURTHEST_EAST` after the capture. Its time is then moved back by the smallest
    number of whole hours; if it has only a day, it is returned unchanged.
    """
    ahead = moment.at - captured_at
    if ahead <= CLOCK_SKEW:
        return moment
    if moment.has_zone or ahead > _FURTHEST_EAST:
        return None
    hours_east = -(-ahead // _HOUR)  # rounded up
    return msgspec.structs.replace(moment, at=moment.at - hours_east * _HOUR) if moment.has_time else moment


def _zone_in_use(candidates: Iterable[_DateCandidate], zone: ZoneInfo | None) -> tzinfo | None:
    """The zone of the page's dates, from the offsets that they are written with. `zone` is the outlet's zone.

    The outlet's zone is returned if one of the dates has its offset: a zone knows summer time, an offset does not.
    Otherwise the first offset is returned. Offsets of zero are ignored, because many systems write UTC in any country.
    Without any other offset, the outlet's zone is returned; None if it is unknown.
    """
    moments = [candidate.moment for candidate in candidates]
    offsets = [moment for moment in moments if moment.has_zone and moment.offset]
    if not offsets or (zone and any(moment.at.astimezone(zone).utcoffset() == moment.offset for moment in offsets)):
        return zone
    return timezone(offsets[0].offset)


def _refined(
    candidates: Sequence[_DateCandidate], updates: set[datetime], zone: tzinfo | None
) -> _DateCandidate | None:
    """The first candidate. If it has no time, a candidate of the same day with a time replaces it; if its time has no
    zone, a candidate of the same time with a zone replaces it."""
    if not candidates:
        return None
    chosen = candidates[0]
    if not chosen.moment.has_time:
        chosen = next(
            (
                other
                for other in candidates
                if other.moment.has_time
                and _is_same_day(other.moment, chosen.moment, zone)
                and not (other.origin in _LOOSE_METAS and _minute(other) in updates)
            ),
            chosen,
        )
    if chosen.moment.has_time and not chosen.moment.has_zone:
        zoned = [other for other in candidates if other.moment.has_zone]
        chosen = next((other for other in zoned if _is_same_clock(other, chosen, zone)), chosen)
    return chosen


def _is_same_day(moment: Moment, day: Moment, zone: tzinfo | None) -> bool:
    """Compare the days as written and in the page's zone: 23:30 UTC is the next day in Berlin."""
    return day.written.date() in {moment.written.date(), moment.at.astimezone(zone or UTC).date()}


def _is_same_clock(zoned: _DateCandidate, zoneless: _DateCandidate, zone: tzinfo | None) -> bool:
    """True if both were written with the same date and time.

    If no zone is known, a declared time may also be a multiple of 30 minutes away, up to the largest offset from UTC.
    """
    clock = zoneless.moment.written.replace(second=0)
    if zoned.moment.written.replace(second=0) == clock:
        return True
    apart = zoned.moment.at.replace(tzinfo=None) - zoneless.moment.written
    is_shift = abs(apart) <= _FURTHEST_EAST and not apart % (_HOUR / 2)
    return zone is None and is_shift and zoned.origin not in {_SHOWN, *_LOOSE_METAS}


def _minute(candidate: _DateCandidate) -> datetime:
    return candidate.moment.at.replace(second=0)
