"""Time zones: the meaning of their names and abbreviations in dates, and the zone in which an outlet writes times.

Decision 20 says why the abbreviations are a table of our own.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline.countries import country_of_code, home_of_language

_REMEMBERED = 1_000
"""About the outlets of one archive."""
_HOURS = {
    name: hours
    for hours, names in (
        (0, "Z UT UTC GMT WET"),
        (1, "BST CET MEZ MET WEST"),
        (2, "CEST MESZ MEST EET SAST"),
        (3, "EEST MSK TRT"),
        (8, "HKT SGT AWST"),
        (9, "JST KST"),
        (10, "AEST"),
        (11, "AEDT"),
        (12, "NZST"),
        (13, "NZDT"),
        (-4, "EDT"),
        (-5, "EST CDT"),
        (-6, "CST MDT"),
        (-7, "MST PDT"),
        (-8, "PST AKDT"),
        (-9, "AKST"),
        (-10, "HST"),
    )
    for name in names.split()
}
_NORTH_AMERICAN = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
_LARGEST_OFFSET = timedelta(hours=14)
"""No clock is further from UTC than that of Kiribati (time zone database)."""
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$", re.IGNORECASE)

_ONE_TIME_LANGUAGES = frozenset(
    ["cs", "da", "de", "fi", "hu", "it", "ja", "ko", "nb", "nl", "nn", "no", "pl", "sv", "tr"]
)
"""Languages that are written almost only where one time is kept. English, French, Spanish and Portuguese are not."""
_LOCALE = re.compile(r"^(?P<language>[a-z]{2})(?:[-_](?:[a-z]{4}[-_])?(?P<country>[a-z]{2}))?\b", re.IGNORECASE)


def zone_abbreviated(name: str) -> timezone | None:
    """The zone of an abbreviation in any case, such as `CET` or `mesz`; None for an unknown one."""
    hours = _HOURS.get(name.upper())
    return None if hours is None else timezone(timedelta(hours=hours))


def zone_of_offset(sign: str, hours: str, minutes: str | None) -> timezone:
    """The zone that is so far from UTC. Raises ValueError for an offset that no zone has, such as `+1900`."""
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if ahead > _LARGEST_OFFSET or int(minutes or 0) > 59:
        raise ValueError(f"no zone is {sign}{hours}:{minutes or '00'} from UTC")
    return timezone(-ahead if sign == "-" else ahead)


def zone_named(name: str) -> tzinfo | None:
    """The zone of `Z`, `CET`, `+01:00`, `GMT-5` or `Europe/Berlin`; None for an unknown name.

    Raises ValueError for an offset that no zone has.
    """
    if offset := _OFFSET.match(name):
        return zone_of_offset(offset["sign"], offset["hours"], offset["minutes"])
    if (zone := zone_abbreviated(name)) is not None:
        return zone
    return _region(_NORTH_AMERICAN.get(name, name)) if "/" in name or name in _NORTH_AMERICAN else None


def _region(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # unknown, not a valid key, or a folder of the database
        return None


def outlet_zone(url: str, *locales: str | None) -> ZoneInfo | None:
    """The zone of an outlet: from the country of its domain, else of its locales (`de-AT`), else from its language.

    None if they leave it open, as for an English outlet under `.com`.
    """
    return _zone_of((urlsplit(url).hostname or "").rpartition(".")[2], locales)


@lru_cache(maxsize=_REMEMBERED)
def _zone_of(top_level_domain: str, locales: tuple[str | None, ...]) -> ZoneInfo | None:
    matches = [match for match in (_LOCALE.match(locale.strip()) for locale in locales if locale) if match]
    languages = [locale["language"].lower() for locale in matches[:1]]
    countries = (
        country_of_code(top_level_domain),
        *(country_of_code(locale["country"] or "") for locale in matches),
        *(home_of_language(language) for language in languages if language in _ONE_TIME_LANGUAGES),
    )
    return next((ZoneInfo(one.zone) for one in countries if one and one.zone and one.has_one_time), None)
