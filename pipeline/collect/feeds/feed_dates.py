"""Dates in feeds: ISO 8601, RFC 822, ctime, German and English prose, seconds since 1970. Each gets a quality.

A date is read token by token. Every token must be known, and day, month and year must be there: nothing is guessed or
taken from today. `tests/collect/feeds/test_feed_dates.py` has a line for every spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import msgspec

from pipeline.events import DateQuality
from pipeline.zones import zone_abbreviated

FUTURE_TOLERANCE = timedelta(minutes=10)
"""The clock of an outlet may be this far ahead of ours."""

_MAX_CHARS = 100
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner jän jaenner",
            "feb february februar feber",
            "mar march märz mär mrz maerz",
            "apr april",
            "may mai",
            "jun june juni juno",
            "jul july juli julei",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = frozenset([
    "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs", "thursday",
    "fri", "friday", "sat", "saturday", "sun", "sunday",
    "mo", "montag", "di", "dienstag", "mi", "mittwoch", "do", "donnerstag", "fr", "freitag",
    "sa", "samstag", "sonnabend", "so", "sonntag",
])  # fmt: skip
_FILLERS = frozenset([
    "t", "h", "at", "of", "on", "the", "st", "nd", "rd", "th", "am", "dem", "den", "der", "stand", "uhr", "um", "vom",
])  # fmt: skip
_MONTH_FIRST_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "US/")
"""Zones in which 02/03/2026 is the third of February."""

_EPOCH = re.compile(r"(\d{10})(?:\d{3}|\.\d{1,9})?")


class DateReading(msgspec.Struct, frozen=True):
    at: datetime | None
    """UTC; None if the date is unreadable or in the future."""
    quality: DateQuality


def read_date(raw: str, *, zone: ZoneInfo, now: datetime) -> DateReading:
    """The date that a feed writes. `zone` is the zone of a date that names none; a date after `now` is refused."""
    try:
        at, quality = _read(raw.strip(), zone)
    except (ValueError, OverflowError):
        return DateReading(None, DateQuality.UNREADABLE)
    if at > now + FUTURE_TOLERANCE:
        return DateReading(None, DateQuality.FUTURE)
    return DateReading(at, quality)


def _read(raw: str, zone: ZoneInfo) -> tuple[datetime, DateQuality]:
    """Raises ValueError or OverflowError if `raw` is not a date."""
    if len(raw) > _MAX_CHARS:
        raise ValueError("too long for a date")
    if epoch := _EPOCH.fullmatch(raw):
        at, quality = datetime.fromtimestamp(int(epoch[1]), UTC), DateQuality.EXACT
    else:
        at, quality = _parts(raw, month_first=zone.key.startswith(_MONTH_FIRST_ZONES)).moment(zone)
    if at.year <= 1 or at == datetime(1970, 1, 1, tzinfo=UTC):
        raise ValueError("the placeholder of a database for a missing date")
    return at, quality


class _Parts:
    """The parts of a date that its tokens gave so far. A part that comes twice raises ValueError in any method."""

    def __init__(self, *, month_first: bool) -> None:
        self._month_first = month_first
        self._date: tuple[int, int, int] | None = None  # year, month, day
        self._month: int | None = None
        self._numbers: list[str] = []
        self._time: timedelta | None = None  # since the day began
        self._zone: tzinfo | None = None

    def year_month_day(self, token: re.Match[str]) -> None:
        self._set_date(token["year"], token["month"], token["day"])

    def day_month_year(self, token: re.Match[str]) -> None:
        self._set_date(token["year"], token["month"], token["day"])

    def slashed(self, token: re.Match[str]) -> None:
        """The month is the number up to twelve; if both are, the time zone decides which comes first."""
        day, month = token["first"], token["second"]
        if int(month) > 12 or (self._month_first and int(day) <= 12):
            day, month = month, day
        self._set_date(token["year"], month, day)

    def digits(self, token: re.Match[str]) -> None:
        self._set_date(token["year"], token["month"], token["day"])
        if token["hour"]:
            self.time(token)

    def time(self, token: re.Match[str]) -> None:
        if self._time is not None:
            raise ValueError("two times")
        fields = token.groupdict()
        hours, minutes, half = int(fields["hour"]), int(fields.get("minute") or 0), fields.get("half")
        seconds = min(int(fields.get("second") or 0), 59)  # 60 is a leap second
        if half and hours <= 12:
            hours = hours % 12 + (12 if half in "pP" else 0)
        if hours > 24 or minutes > 59 or (hours == 24 and (minutes or seconds)):
            raise ValueError("no time of day")
        microseconds = int((fields.get("fraction") or "0")[:6].ljust(6, "0"))
        self._time = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)

    def offset(self, token: re.Match[str]) -> None:
        offset = timedelta(hours=int(token["hours"]), minutes=int(token["minutes"] or 0))
        self._zone = timezone(-offset if token["sign"] == "-" else offset)

    def number(self, token: re.Match[str]) -> None:
        self._numbers.append(token["number"])

    def word(self, token: re.Match[str]) -> None:
        word = token["word"].lower()
        if word in _MONTHS and self._month is None:
            self._month = _MONTHS[word]
        elif self.has_time and (zone := zone_abbreviated(word)) is not None:
            self._zone = self._zone or zone
        elif (
            word not in _WEEKDAYS and word not in _FILLERS and not (self.has_time and _ABBREVIATION.fullmatch(token[0]))
        ):
            raise ValueError(f"unknown word {word}")

    def aside(self, token: re.Match[str]) -> None:
        """`(CET)` and `[UTC]` count if the date names no other zone, `(Central European Standard Time)` never."""
        self._zone = self._zone or zone_abbreviated(token["aside"])

    @property
    def has_time(self) -> bool:
        return self._time is not None

    def gap(self, token: re.Match[str]) -> None:
        """Ignore the token."""

    def moment(self, zone: ZoneInfo) -> tuple[datetime, DateQuality]:
        year, month, day = self._date or self._named_date()
        # adds to the local clock, also across a change to summer time
        local = datetime(year, month, day, tzinfo=self._zone or zone) + (self._time or timedelta())
        if not self.has_time:
            quality = DateQuality.DAY_ONLY
        else:
            quality = DateQuality.EXACT if self._zone else DateQuality.NO_ZONE
        return local.astimezone(UTC), quality

    def _named_date(self) -> tuple[int, int, int]:
        """Year, month and day of `2 March 2026`, `March 2 2026`, `2026 March 2` or `2 Mar 26`."""
        if self._month is None or len(self._numbers) != 2:
            raise ValueError("no day, month and year")
        day, year = self._numbers
        if len(day) > 2:
            day, year = year, day
        return _full_year(year), self._month, int(day)

    def _set_date(self, year: str, month: str, day: str) -> None:
        if self._date is not None or self._month is not None or self._numbers:
            raise ValueError("two dates")
        self._date = (_full_year(year), int(month), int(day))


def _full_year(year: str) -> int:
    """The year with four digits. Two digits are read as in POSIX: 69 is 1969, 68 is 2068."""
    if len(year) == 2:
        return int(year) + (2000 if int(year) < 69 else 1900)
    if len(year) != 4:
        raise ValueError(f"no year: {year}")
    return int(year)


_ABBREVIATION = re.compile(r"[A-Z]{3,5}")  # what looks like the abbreviation of a zone
_TOKENS: tuple[tuple[re.Pattern[str], Callable[[_Parts, re.Match[str]], None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), take)
    for pattern, take in (
        (r"[\s,;|]+", _Parts.gap),
        (r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)", _Parts.year_month_day),
        (
            r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
            r"(?:(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?(?!\d)",
            _Parts.digits,
        ),
        (r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d\d)(?!\d)", _Parts.day_month_year),
        (
            r"(?P<first>\d{1,2})(?P<mark>[-/])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?!\d)",
            _Parts.slashed,
        ),
        (
            r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?(?!\d)"
            r"(?:\s?(?P<half>[ap])\.?m\b\.?)?",
            _Parts.time,
        ),
        (r"(?P<hour>\d{1,2})\s?(?:uhr\b|(?P<half>[ap])\.?m\b\.?)", _Parts.time),
        (r"t(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?(?!\d)", _Parts.time),
        (r"(?:gmt|utc)?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?!\d)", _Parts.offset),
        (r"'?(?P<number>\d{1,4})(?!\d)\.?", _Parts.number),
        (r"(?P<word>[^\W\d_]{1,20})\.?", _Parts.word),
        (r"[(\[](?P<aside>[^][()]*)[)\]]", _Parts.aside),
        (r"[:·/–-]", _Parts.gap),
    )
)


def _parts(raw: str, *, month_first: bool) -> _Parts:
    parts = _Parts(month_first=month_first)
    at = 0
    while at < len(raw):
        for pattern, take in _TOKENS:
            if take is _Parts.offset and not parts.has_time:
                continue  # before a time, it is the hyphen of 02-Mar-26
            if token := pattern.match(raw, at):
                take(parts, token)
                at = token.end()
                break
        else:
            raise ValueError(f"unknown character {raw[at]!r}")
    return parts
