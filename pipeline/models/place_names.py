"""Which place a name means: German and English names of places, and names of countries in all other languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from babel import Locale, UnknownLocaleError

from pipeline.countries import load_countries
from pipeline.events import MentionKind

_OWN_LANGUAGES = frozenset({"de", "en"})
"""The languages of annotation's tables. A country's name that these leave out means something else, too: "Georgia"."""


def place_key(name: str, languages: list[str]) -> str | None:
    """The place that the name means in texts of these languages (ISO 639-1); None if that is unknown or ambiguous.

    A country is its ISO 3166-1 code ("CH"), any other place has its country and its German name ("CH/Genf").
    """
    return _own_places().get(name) or _foreign_countries(frozenset(languages)).get(name)


@cache
def _own_places() -> dict[str, str]:
    """The places of annotation's tables by their German and English names."""
    from pipeline.annotate.people.gazetteer import load_gazetteer  # not in commands that only collect

    german, english, countries = load_gazetteer("de").entries, load_gazetteer("en").entries, load_countries()
    places: dict[str, str] = {}
    for words, place in german.items():
        if place.kind is MentionKind.PLACE and place.country is not None:
            is_country = place.name in countries[place.country].names_de
            key = place.country if is_country else f"{place.country}/{place.name}"
            places.update(dict.fromkeys((" ".join(words), place.name, english[words].name), key))
    return places


@cache
def _foreign_countries(languages: frozenset[str]) -> dict[str, str]:
    """Countries by their names in these languages, without names that mean two countries or something else, too."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for code, name in _country_names(languages - _OWN_LANGUAGES):
        codes[name].add(code)
    known = load_countries().keys()
    ambiguous = {name for _, name in _country_names(_OWN_LANGUAGES)} - _own_places().keys()
    return {
        name: code for name, (code, *others) in codes.items() if not others and code in known and name not in ambiguous
    }


def _country_names(languages: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Codes and names of countries, as Babel has them from CLDR. A language that it does not know has none."""
    for language in languages:
        try:
            territories = Locale.parse(language).territories
        except (UnknownLocaleError, ValueError):
            continue
        yield from ((code, name) for code, name in territories.items() if len(code) == 2)
