"""Time zones: what their names in dates mean, and which one an outlet writes its times in."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

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
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$", re.IGNORECASE)

_COUNTRY_ZONES = {
    "at": "Europe/Vienna",
    "be": "Europe/Brussels",
    "bg": "Europe/Sofia",
    "ch": "Europe/Zurich",
    "cn": "Asia/Shanghai",
    "cz": "Europe/Prague",
    "de": "Europe/Berlin",
    "dk": "Europe/Copenhagen",
    "ee": "Europe/Tallinn",
    "es": "Europe/Madrid",
    "fi": "Europe/Helsinki",
    "fr": "Europe/Paris",
    "gb": "Europe/London",
    "gr": "Europe/Athens",
    "hk": "Asia/Hong_Kong",
    "hr": "Europe/Zagreb",
    "hu": "Europe/Budapest",
    "ie": "Europe/Dublin",
    "il": "Asia/Jerusalem",
    "in": "Asia/Kolkata",
    "is": "Atlantic/Reykjavik",
    "it": "Europe/Rome",
    "jp": "Asia/Tokyo",
    "kr": "Asia/Seoul",
    "li": "Europe/Vaduz",
    "lt": "Europe/Vilnius",
    "lu": "Europe/Luxembourg",
    "lv": "Europe/Riga",
    "nl": "Europe/Amsterdam",
    "no": "Europe/Oslo",
    "pl": "Europe/Warsaw",
    "pt": "Europe/Lisbon",
    "ro": "Europe/Bucharest",
    "se": "Europe/Stockholm",
    "si": "Europe/Ljubljana",
    "sk": "Europe/Bratislava",
    "tr": "Europe/Istanbul",
    "uk": "Europe/London",
    "za": "Africa/Johannesburg",
}
"""Countries with one time, near enough, by their top-level domain and their code in locales."""
_LANGUAGE_COUNTRIES = {
    "cs": "cz",
    "da": "dk",
    "de": "de",
    "fi": "fi",
    "hu": "hu",
    "it": "it",
    "ja": "jp",
    "ko": "kr",
    "nb": "no",
    "nl": "nl",
    "nn": "no",
    "no": "no",
    "pl": "pl",
    "sv": "se",
    "tr": "tr",
}
"""Where nearly all who write the language share one time. Not English, French, Spanish, Portuguese."""
_LOCALE = re.compile(r"^(?P<language>[a-z]{2})(?:[-_](?:[a-z]{4}[-_])?(?P<country>[a-z]{2}))?\b", re.IGNORECASE)


def zone_named(name: str) -> tzinfo | None:
    """The zone of `Z`, `CET`, `+01:00`, `GMT-5`, `Europe/Berlin`; None where nobody knows it.

    Raises ValueError for an offset of a day or more.
    """
    offset = _OFFSET.match(name)
    if offset:
        ahead = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return timezone(-ahead if offset["sign"] == "-" else ahead)
    hours = _HOURS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    return _region(_NORTH_AMERICAN.get(name, name)) if "/" in name or name in _NORTH_AMERICAN else None


def _region(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # unknown, no key, a folder of the database
        return None


def outlet_zone(url: str, *locales: str | None) -> ZoneInfo | None:
    """Where the outlet keeps its time: by the country of its address, of its locales (`de-AT`), or by its language.

    None where that is unclear, as for English under `.com`.
    """
    said = [match for match in (_LOCALE.match(locale.strip()) for locale in locales if locale) if match]
    countries = (
        (urlsplit(url).hostname or "").rsplit(".", 1)[-1],
        *((locale["country"] or "").lower() for locale in said),
        *(_LANGUAGE_COUNTRIES.get(locale["language"].lower(), "") for locale in said[:1]),
    )
    return next((ZoneInfo(_COUNTRY_ZONES[country]) for country in countries if country in _COUNTRY_ZONES), None)
