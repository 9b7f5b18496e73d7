"""Reading the dates that pages declare: ISO 8601 in its misspellings, RFC 2822, Java's toString, German dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """A declared date."""

    at: datetime
    """UTC. Midnight where only the day is said."""
    has_time: bool
    has_zone: bool


_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:[.,]\d+)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\[[\w/]+\])?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?$"
)
_GERMAN = re.compile(
    r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2}\.|[A-Za-zä]{3,9})\s?(?P<year>\d{4})"
    r"(?:\D{0,12}?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*Uhr)?)?"
)
_JAVA = re.compile(
    r"^[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) (?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}) "
    r"(?P<zone>[A-Z]{3,4}) (?P<year>\d{4})$"
)
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january jänner",
            "feb februar february",
            "mar mär mrz märz march",
            "apr april",
            "may mai",
            "jun juni june",
            "jul juli july",
            "aug august",
            "sep sept september",
            "oct okt oktober october",
            "nov november",
            "dec dez dezember december",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONE_HOURS = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "PST": -8,
    "PDT": -7,
}


def parse_moment(text: str, *, default_zone: timezone = UTC) -> Moment | None:
    """The date the text begins with or consists of, None where it is none. A time without zone is in `default_zone`."""
    text = text.strip()
    if _EPOCH.match(text):
        seconds = int(text[:10])
        return Moment(at=datetime.fromtimestamp(seconds, UTC), has_time=True, has_zone=True)
    for pattern in (_ISO, _COMPACT, _JAVA, _GERMAN):
        match = pattern.search(text) if pattern is _GERMAN else pattern.match(text)
        if match:
            return _from_fields(match.groupdict(), default_zone)
    return _from_rfc_2822(text)


def _from_rfc_2822(text: str) -> Moment | None:
    try:
        at = parsedate_to_datetime(text)
        return Moment(
            at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC), has_time=True, has_zone=bool(at.tzinfo)
        )
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _from_fields(fields: dict[str, str | None], default_zone: timezone) -> Moment | None:
    month_text = (fields["month"] or "").rstrip(".").lower()
    month = int(month_text) if month_text.isdigit() else _MONTHS.get(month_text, 0)
    zone_text = fields.get("zone")
    try:
        zone = _zone(zone_text) if zone_text else default_zone
        at = datetime(
            int(fields["year"] or 0),
            month,
            int(fields["day"] or 0),
            int(fields.get("hour") or 0),
            int(fields.get("minute") or 0),
            int(fields.get("second") or 0),
            tzinfo=zone if fields.get("hour") else UTC,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Moment(at=at, has_time=bool(fields.get("hour")), has_zone=bool(zone_text))


def _zone(text: str) -> timezone:
    named = _ZONE_HOURS.get(text.upper())
    if named is not None:
        return timezone(timedelta(hours=named))
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if offset >= timedelta(hours=24):
        raise ValueError(f"no such zone: {text}")
    return timezone(-offset if text[0] == "-" else offset)


def parse_day(text: str) -> date | None:
    """The day of `26.10.2025`."""
    moment = parse_moment(text)
    return moment.at.date() if moment else None
