"""The countries of `countries.tsv`: their names, adjectives and capitals, their time zones and languages.

Decision 20 says why the names are a table of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

_FILE = Path(__file__).with_suffix(".tsv")
_EMPTY = "-"
_SEVERAL_TIMES = "~"


class CountryFacts(msgspec.Struct, frozen=True):
    """One line of the table."""

    code: str
    """ISO 3166-1 alpha-2."""
    names_de: tuple[str, ...]
    """The usual name first; so are the English ones."""
    names_en: tuple[str, ...]
    adjectives_de: tuple[str, ...]
    """Without their endings: "britisch"."""
    adjectives_en: tuple[str, ...]
    capital: str
    """German=English where the spellings differ; "-" where the table has no capital."""
    zone: str | None
    """The IANA name of the zone of most outlets."""
    has_one_time: bool
    """True if nearly all of the country is in that zone."""
    language: str | None
    """The language that most outlets write."""
    home_of: tuple[str, ...]
    """Languages that are written here more than elsewhere."""


@cache
def load_countries() -> Mapping[str, CountryFacts]:
    """The countries by code, in the order of the table."""
    lines = _FILE.read_text("utf-8").splitlines()
    _, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {row[0]: _read(row) for row in rows}


def country_of_code(code: str) -> CountryFacts | None:
    """The country of an ISO 3166 code or a top-level domain, in any case; UK stands for GB."""
    upper = code.upper()
    return load_countries().get("GB" if upper == "UK" else upper)


def home_of_language(language: str) -> CountryFacts | None:
    """The country in which most outlets of this language are; `language` is a code of ISO 639, such as `de`."""
    return next((country for country in load_countries().values() if language in country.home_of), None)


def _read(row: list[str]) -> CountryFacts:
    code, names_de, names_en, adjectives_de, adjectives_en, capital, zone, language, home_of = row
    return CountryFacts(
        code=code,
        names_de=_values(names_de),
        names_en=_values(names_en),
        adjectives_de=_values(adjectives_de),
        adjectives_en=_values(adjectives_en),
        capital=capital,
        zone=None if zone == _EMPTY else zone.removeprefix(_SEVERAL_TIMES),
        has_one_time=zone != _EMPTY and not zone.startswith(_SEVERAL_TIMES),
        language=None if language == _EMPTY else language,
        home_of=_values(home_of),
    )


def _values(field: str) -> tuple[str, ...]:
    return () if field == _EMPTY else tuple(field.split("|"))
