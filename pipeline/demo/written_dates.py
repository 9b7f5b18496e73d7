"""Dates as outlets write them in feeds and pages, in German and English."""

from __future__ import annotations

from datetime import date, datetime
from email.utils import format_datetime

GERMAN_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
GERMAN_WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")


def long_date(day: date, language: str) -> str:
    """`2. März 2026` in German, `2 March 2026` in English."""
    if language == "de":
        return f"{day.day}. {GERMAN_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def numeric_date(day: date) -> str:
    """`02.03.2026`."""
    return f"{day:%d.%m.%Y}"


def rss_date(moment: datetime) -> str:
    """`Mon, 02 Mar 2026 08:15:00 +0100` (RFC 822, which RSS 2.0 requires), in the zone of the moment."""
    return format_datetime(moment)


def german_feed_date(moment: datetime, place: int) -> str:
    """A date as a careless German feed writes it, in one of four styles that `place` selects; one is no date, `""`.

    The others are `Mo, 02 Mär 2026 08:15`, `02.03.2026 08:15` and `Mo., 2. März 2026, 08:15 Uhr`.
    """
    weekday, month = GERMAN_WEEKDAYS[moment.weekday()], GERMAN_MONTHS[moment.month - 1]
    styles = (
        f"{weekday}, {moment:%d} {month[:3]} {moment:%Y %H:%M}",
        "",
        f"{moment:%d.%m.%Y %H:%M}",
        f"{weekday}., {moment.day}. {month} {moment:%Y}, {moment:%H:%M} Uhr",
    )
    return styles[place % len(styles)]
