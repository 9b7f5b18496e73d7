"""Read dates in the forms found on pages: ISO 8601 and its common misspellings, RFC 2822, Java's toString, prose.

dateutil's parser does not fit. It fills missing fields from today's date, takes the century from the clock and an
unknown zone from the machine, reads `14.31 Uhr` as hours with a fraction, and with `dayfirst` reads 2026-03-12 as
3 December.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

import msgspec

from pipeline.zones import zone_named


class Moment(msgspec.Struct, frozen=True):
    """A date, with or without a time, as a page gives it."""

    at: datetime
    """In UTC; midnight if the page gives only a day."""
    written: datetime
    """The date and time as written, without a zone."""
    has_time: bool
    """False for 00:00 without a zone: it usually means that only the date was stored."""
    has_zone: bool

    @property
    def offset(self) -> timedelta:
        """The zone's offset from UTC, positive east of it."""
        return self.written - self.at.replace(tzinfo=None)


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january jänner jän janvier enero gennaio januari janeiro stycznia ledna ocak января",
            "feb februar february feber février febrero febbraio februari fevereiro lutego února şubat февраля",
            "mar mär mrz märz march mars marzo maart marts março marca března mart марта",
            "apr april avril abril aprile kwietnia dubna nisan апреля",
            "may mai mayo maggio mei maj maio maja května mayıs мая",
            "jun juni june juin junio giugno junho czerwca června haziran июня",
            "jul juli july juillet julio luglio julho lipca července temmuz июля",
            "aug august août agosto augustus augusti sierpnia srpna ağustos августа",
            "sep sept september septembre septiembre settembre setembro września září eylül сентября",
            "oct okt oktober october octobre octubre ottobre outubro października října ekim октября",
            "nov november novembre noviembre novembro listopada listopadu kasım ноября",
            "dec dez dezember december décembre diciembre dicembre desember dezembro grudnia prosince aralık декабря",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"\b(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_TIME = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:[.,]\d+)?(?!:?\d|\s*min)"
    r"|(?=\s*(?:Uhr|[ap]\.?m)\b))"
    r"(?:\s*Uhr\b)?(?:\s*(?P<half>[ap])\.?m\b\.?)?"
    r"(?:\s*\(?(?P<zone>Z\b|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?(?![\d:])|(?-i:[A-Z]{2,5}\b|[A-Z][a-z]+/[A-Z][A-Za-z_/]+)))?"
)
_GAP = r"(?:[\s,;|·•/–—-]|\b(?:um|at|à|a las|às|om|kl|alle|ore)\b\.?)+"
_ISO = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)(?:(?:T|{_GAP}){_TIME})?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?$"
)
_PROSE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w./-]){_ISO.pattern}",
        # Sun Mar 01 20:15:30 CET 2026
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+(?P<year>\d{{4}})$",
        # 12.03.2026, 14:31 Uhr; 12.3.26 14:31; but not `12.3. 14 Uhr`, where 14 is the hour
        r"(?<![\d.:])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2})(?!\d|:|\.\d|\s*Uhr)"
        rf"(?:{_GAP}{_TIME})?",
        # 12/03/2026, and 03/12/2026 in America
        rf"(?<![\d/])(?P<one>\d{{1,2}})/(?P<other>\d{{1,2}})/(?P<year>\d{{4}})(?![\d/])(?:{_GAP}{_TIME})?",
        # 12. März 2026; Sun, 01 Mar 2026 20:15:30 GMT; 12 de marzo de 2026
        rf"(?<![\d.:])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?[.\s-]\s?(?:(?:de|of)\s)?{_MONTH}[\s,-]*(?:del?\s)?"
        rf"(?P<year>\d{{4}})(?!\d)(?:{_GAP}{_TIME})?",
        # Thursday, March 12, 2026, 2:31 PM EST
        rf"{_MONTH}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)(?:{_GAP}{_TIME})?",
    )
)
_TIME_BEFORE = re.compile(rf"(?<![\d:]){_TIME}\)?[\s,|·•-]*(?:\b[^\W\d_]{{2,10}}\b\.?,?\s*)?$", re.IGNORECASE)
"""A time that stands before its date: `2:31 PM EST, Thu`."""
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_MAX_CHARS = 400
_REMEMBERED = 64
"""About the dates of one page, each of which is read several times."""
_MONTHS_A_YEAR = 12


def parse_moment(text: str, *, default_zone: tzinfo = UTC) -> Moment | None:
    """The first date in the text; None if it has no date, or one that does not exist, such as 31 February.

    A time without a zone, or with an unknown zone, is taken to be in `default_zone`.
    """
    return _parse(text.strip()[:_MAX_CHARS], default_zone)


@lru_cache(maxsize=_REMEMBERED)
def _parse(text: str, default_zone: tzinfo) -> Moment | None:
    if _EPOCH.match(text):
        at = datetime.fromtimestamp(int(text[:10]), UTC)
        return Moment(at=at, written=at.replace(tzinfo=None), has_time=True, has_zone=True)
    match = _ISO.match(text) or _COMPACT.match(text)
    if match:
        return _from_fields(match.groupdict(), default_zone)
    found = _find_prose(text)
    return _from_fields(found[1], default_zone) if found else None


def find_date(text: str) -> tuple[int, int] | None:
    """The start and end of the first date written in the text, including its time."""
    found = _find_prose(text)
    return found[0] if found else None


@lru_cache(maxsize=_REMEMBERED)
def _find_prose(text: str) -> tuple[tuple[int, int], dict[str, str | None]] | None:
    matches = (pattern.search(text) for pattern in _PROSE)
    match = min(filter(None, matches), key=lambda match: match.start(), default=None)
    if match is None:
        return None
    fields, start = match.groupdict(), match.start()
    before = _TIME_BEFORE.search(text, 0, start) if fields["hour"] is None else None
    if before is not None:
        fields, start = {**fields, **before.groupdict()}, before.start()
    return (start, match.end()), fields


def _from_fields(fields: dict[str, str | None], default_zone: tzinfo) -> Moment | None:
    if fields.get("one"):
        fields = {**fields, **_day_and_month(int(fields["one"] or 0), int(fields["other"] or 0), default_zone)}
    month, year, zone_name = (fields["month"] or "").lower(), fields["year"] or "", fields.get("zone")
    hour, half = int(fields.get("hour") or 0), (fields.get("half") or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        zone = zone_named(zone_name) if zone_name else None
        clock = datetime(
            int(year) + (2000 if len(year) == 2 else 0),
            int(month) if month.isdigit() else _MONTHS.get(month, 0),
            int(fields["day"] or 0),
            hour,
            int(fields.get("minute") or 0),
            int(fields.get("second") or 0),
            tzinfo=UTC,
        )
        has_time = fields.get("hour") is not None and (zone is not None or clock.time() != datetime.min.time())
        at = clock.replace(tzinfo=zone or default_zone).astimezone(UTC) if has_time else clock
    except (ValueError, OverflowError):
        return None
    return Moment(at=at, written=clock.replace(tzinfo=None), has_time=has_time, has_zone=has_time and zone is not None)


def _day_and_month(first: int, second: int, zone: tzinfo) -> dict[str, str]:
    """The two numbers before a year: the month is first in America, and where only the second can be a day."""
    is_month_first = second > _MONTHS_A_YEAR or (first <= _MONTHS_A_YEAR and str(zone).startswith("America/"))
    is_unknown = first <= _MONTHS_A_YEAR and second <= _MONTHS_A_YEAR and zone is UTC and first != second
    day, month = (second, first) if is_month_first else (first, second)
    return {"day": str(day), "month": "0" if is_unknown else str(month)}


def parse_day(text: str) -> date | None:
    """The date alone, as written; None if the text has no date."""
    moment = parse_moment(text)
    return moment.written.date() if moment else None
