"""Dates in feeds: ISO 8601, RFC 822, ctime, prose in twelve languages, seconds since 1970. Each gets a quality.

A date is read token by token. Every token must be known, and day, month and year must be there: nothing is guessed or
taken from today. The words of the languages are in `date_words.toml`.
`tests/collect/feeds/test_feed_dates.py` has a line for every spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from pipeline.events import DateQuality
from pipeline.zones import zone_named, zone_of_offset

FUTURE_TOLERANCE = timedelta(minutes=10)
"""The clock of an outlet may be this far ahead of ours."""

_FIRST_NEWSPAPER = 1605
"""Databases write years such as 1 and 2 for a missing date."""
_EPOCH_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_WIDEST_OFFSET = timedelta(hours=15)
"""The second 0 of 1970 may be written with the offset of any zone, which is not always that of the clock."""
_MAX_CHARS = 100
_LEAST_NAME_CHARS = 4
_MIDWINTER, _MIDSUMMER = 1, 7
_YEAR_OF_RULES = 2025
"""The year whose rules of summer time give the abbreviations of a zone."""


class _LanguageWords(msgspec.Struct, frozen=True):
    """The words of a language."""

    months: tuple[str, ...]
    weekdays: str
    fillers: str
    zones: tuple[str, ...] = ()
    """Where its names of months count that are other months in another language; else only in a feed in this one."""


def _read_words() -> tuple[Mapping[str, Mapping[int, tuple[str, ...]]], frozenset[str]]:
    """The numbers of each month's name, each with the languages and zones in which it counts if the name has several;
    and the words that say nothing more: weekdays and fillers."""
    months: dict[str, dict[int, tuple[str, ...]]] = {}
    for language, words in _LANGUAGES.items():
        for number, names in enumerate(words.months, start=1):
            for spelling in _spellings(names):
                numbers = months.setdefault(spelling, {})
                numbers[number] = (*numbers.get(number, ()), language, *words.zones)
    idle = " ".join(f"{words.weekdays} {words.fillers}" for words in _LANGUAGES.values())
    return months, frozenset(_spellings(idle))


def _spellings(words: str) -> set[str]:
    """Each word, and the word without its accents."""
    plain = "".join(
        character for character in unicodedata.normalize("NFD", words) if not unicodedata.combining(character)
    )
    return {*words.split(), *plain.split()}


_WORDS_FILE = files("pipeline.collect.feeds").joinpath("date_words.toml")
_LANGUAGES = msgspec.toml.decode(_WORDS_FILE.read_text("utf-8"), type=dict[str, _LanguageWords])
_NAMES = " ".join(" ".join((words.weekdays, *words.months)) for words in _LANGUAGES.values())
DAY_NAMES = frozenset(name for name in _spellings(_NAMES) if len(name) >= _LEAST_NAME_CHARS)
"""The weekdays and months of all languages in small letters, without the shortest names, which are words, too."""
_MONTHS, _IDLE_WORDS = _read_words()
"""`mar` is in both: March, or Tuesday in French, Spanish and Italian."""
_ZONES_AND_WORDS = frozenset({"A", "PT"})
"""Zones, if written so after the time, and else words: Pacific Time, or Friday in Polish. A was used for the zones of
one hour before and after UTC (RFC 2822, 4.3), so it tells nothing."""
_AMBIGUOUS_IN_ASIA = frozenset({"CST", "MST", "PST"})
"""Abbreviations of North American zones that also stand for the time of China, of Malaysia and Myanmar, and of Pakistan
and the Philippines."""
_MONTH_FIRST_ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix", "US/"),
    *("America/Detroit", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/", "America/Menominee"),
    *("America/Boise", "America/Anchorage", "America/Juneau", "Pacific/Honolulu", "Pacific/Guam"),
    *("America/Puerto_Rico", "Asia/Manila"),
)
"""Zones in which 02/03/2026 is the third of February: those of the United States, and of the Philippines."""
_EITHER_FIRST_ZONES = (
    *("America/Toronto", "America/Montreal", "America/Vancouver", "America/Edmonton", "America/Winnipeg"),
    *("America/Halifax", "America/Moncton", "America/St_Johns", "America/Regina", "Canada/"),
)
"""Zones in which both are usual, so that 02/03/2026 tells nothing."""

_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2}, ?)?\d{1,2} [A-Z][a-z]{2} [12]\d{3} \d\d:\d\d(?::\d\d)? (?:[+-](?:0\d|1[0-3])[0-5]\d|GMT)"
)
_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)")
"""The two usual forms of a date with its zone, which the standard library reads ten times as fast."""
_EPOCH = re.compile(r"(\d{10})(?:\d{3}|\.\d{1,9})?")


class DateReading(msgspec.Struct, frozen=True):
    at: datetime | None
    """UTC; None if the date is unreadable or in the future."""
    quality: DateQuality


def read_date(raw: str, *, zone: ZoneInfo, now: datetime, languages: Collection[str] = ()) -> DateReading:
    """The date that a feed writes. `zone` is the zone of a date that names none; a date after `now` is refused.

    `languages` may be those of the feed (`pl`): they decide about a month's name that is another month elsewhere.
    """
    try:
        at, quality = _read(raw.strip(), zone, languages)
    except (ValueError, OverflowError):
        return DateReading(None, DateQuality.UNREADABLE)
    if at > now + FUTURE_TOLERANCE:
        return DateReading(None, DateQuality.FUTURE)
    return DateReading(at, quality)


def _read(raw: str, zone: ZoneInfo, languages: Collection[str]) -> tuple[datetime, DateQuality]:
    """Raises ValueError or OverflowError if `raw` is not a date."""
    if len(raw) > _MAX_CHARS:
        raise ValueError("too long for a date")
    if epoch := _EPOCH.fullmatch(raw):
        at, quality = datetime.fromtimestamp(int(epoch[1]), UTC), DateQuality.EXACT
    elif (usual := _usual(raw)) is not None:
        at, quality = usual, DateQuality.EXACT
    else:
        at, quality = _parts(raw, zone, languages).moment()
    if at.year < _FIRST_NEWSPAPER or abs(at - _EPOCH_BEGAN) < _WIDEST_OFFSET:
        raise ValueError("the placeholder of a database for a missing date")
    return at, quality


def _usual(raw: str) -> datetime | None:
    """The date in one of the two usual forms; None for any other, such as one with a month in another language."""
    try:
        if _RFC_822.fullmatch(raw) and not raw.endswith("-0000"):
            return parsedate_to_datetime(raw).astimezone(UTC)
        return datetime.fromisoformat(raw).astimezone(UTC) if _ISO_8601.fullmatch(raw) else None
    except ValueError:
        return None


class _Parts:
    """The parts of a date that its tokens gave so far. A part that comes twice raises ValueError in any method."""

    def __init__(self, home: ZoneInfo, languages: Collection[str]) -> None:
        self._home = home
        self._languages = languages
        self._date: tuple[int, int, int] | None = None  # year, month, day
        self._months: list[str] = []
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
        if token["mark"] == "-" and len(token["year"]) == len(day) == 2 and day != token["year"]:
            raise ValueError("either end may be the year")
        if self._home.key.startswith(_EITHER_FIRST_ZONES) and max(int(day), int(month)) <= 12 and day != month:
            raise ValueError("either number may be the month")
        if int(month) > 12 or (self._home.key.startswith(_MONTH_FIRST_ZONES) and int(day) <= 12):
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
        self._zone = zone_of_offset(token["sign"], token["hours"], token["minutes"])

    def day_in_zone(self, token: re.Match[str]) -> None:
        self.year_month_day(token)
        self.offset(token)

    def number(self, token: re.Match[str]) -> None:
        self._numbers.append(token["number"])

    def word(self, token: re.Match[str]) -> None:
        """An unknown word after the time of day is a zone. If that is unknown, so is the date."""
        word = token["word"].lower()
        if word in _MONTHS:
            self._months.append(word)
        elif word not in _IDLE_WORDS or (self.has_time and token["word"] in _ZONES_AND_WORDS):
            self._set_zone(token["word"])

    def region(self, token: re.Match[str]) -> None:
        self._set_zone(token["region"])

    def aside(self, token: re.Match[str]) -> None:
        """`(CET)` and `[Europe/Berlin]` count if the date names no other zone, `(Central European Time)` never."""
        self._zone = self._zone or zone_named(token["aside"])

    def _set_zone(self, name: str) -> None:
        zone = (_zone_at_home(name, self._home) or _zone_abroad(name, self._home)) if self.has_time else None
        if zone is None:
            raise ValueError(f"unknown word {name}")
        self._zone = self._zone or zone

    @property
    def has_time(self) -> bool:
        return self._time is not None

    def gap(self, token: re.Match[str]) -> None:
        """Ignore the token."""

    def moment(self) -> tuple[datetime, DateQuality]:
        if self._date is not None and not _IDLE_WORDS.issuperset(self._months):
            raise ValueError("two months")
        year, month, day = self._date or self._named_date()
        # adds to the local clock, also across a change to summer time
        local = datetime(year, month, day, tzinfo=self._zone or self._home) + (self._time or timedelta())
        if not self.has_time:
            quality = DateQuality.DAY_ONLY
        else:
            quality = DateQuality.EXACT if self._zone else DateQuality.NO_ZONE
        return local.astimezone(UTC), quality

    def _named_date(self) -> tuple[int, int, int]:
        """Year, month and day of `2 March 2026`, `March 2 2026`, `2026 March 2` or `2 Mar 26`."""
        months = self._months
        if len(months) == 2 and months[0] in _IDLE_WORDS:
            months = months[1:]
        if len(months) != 1 or len(self._numbers) != 2:
            raise ValueError("no day, month and year")
        day, year = self._numbers
        if len(day) > 2:
            day, year = year, day
        return _full_year(year), _month(months[0], {self._home.key, *self._languages}), int(day)

    def _set_date(self, year: str, month: str, day: str) -> None:
        if self._date is not None or self._numbers or not _IDLE_WORDS.issuperset(self._months):
            raise ValueError("two dates")
        self._date = (_full_year(year), int(month), int(day))


def _month(name: str, where: AbstractSet[str]) -> int:
    """The number of the month. `listopada` is November in Polish and in Poland, October in Croatian and in Croatia."""
    numbers = _MONTHS[name]
    found = [number for number, places in numbers.items() if len(numbers) == 1 or not where.isdisjoint(places)]
    if len(found) != 1:
        raise ValueError(f"several months are called {name}")
    return found[0]


def _zone_at_home(name: str, home: ZoneInfo) -> timezone | None:
    """The zone that the abbreviation names where the outlet is: CST is another one in China than in Mexico."""
    if (name, home.key) == ("BST", "Asia/Dhaka"):  # the time zone database has only numbers for it
        return timezone(timedelta(hours=6))
    for month in (_MIDWINTER, _MIDSUMMER):
        day = datetime(_YEAR_OF_RULES, month, 1, tzinfo=home)
        offset = day.utcoffset()
        # Australians write EST for AEST
        short = (day.tzname() or "")[1:] if home.key.startswith("Australia/") else None
        if name in {day.tzname(), short} and offset is not None:
            return timezone(offset)
    return None


def _zone_abroad(name: str, home: ZoneInfo) -> tzinfo | None:
    return None if name in _AMBIGUOUS_IN_ASIA and home.key.startswith("Asia/") else zone_named(name)


def _full_year(year: str) -> int:
    """The year with four digits. Two digits are read as in POSIX: 69 is 1969, 68 is 2068."""
    if len(year) == 2:
        return int(year) + (2000 if int(year) < 69 else 1900)
    if len(year) != 4:
        raise ValueError(f"no year: {year}")
    return int(year)


_TOKENS: tuple[tuple[re.Pattern[str], Callable[[_Parts, re.Match[str]], None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), take)
    for pattern, take in (
        (r"[\s,;|]+", _Parts.gap),
        (  # a day of XML Schema with its zone
            r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)(?!\d)",
            _Parts.day_in_zone,
        ),
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
            r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?)?",
            _Parts.time,
        ),
        (r"(?P<hour>\d{1,2})\s?(?:uhr\b|(?P<half>[ap])\.?m\b\.?)", _Parts.time),
        (r"(?P<hour>\d{1,2})\s?[hu](?:\s?(?P<minute>\d\d)(?:\s?min\b\.?)?)?(?![^\W_])", _Parts.time),
        (r"t(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?(?!\d)", _Parts.time),
        (r"(?:gmt|utc)?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?!\d)", _Parts.offset),
        (r"'?(?P<number>\d{1,4})(?!\d)[.°º]?", _Parts.number),
        (r"(?P<region>[A-Z][A-Z_]{1,30}/[A-Z][A-Z0-9_+/-]{1,40})", _Parts.region),
        (r"(?P<word>[^\W\d_]{1,20})\.?", _Parts.word),
        (r"[(\[](?P<aside>[^][()]*)[)\]]", _Parts.aside),
        (r"[:·/–-]", _Parts.gap),
    )
)


def _parts(raw: str, home: ZoneInfo, languages: Collection[str]) -> _Parts:
    parts = _Parts(home, languages)
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
