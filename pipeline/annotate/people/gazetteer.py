"""Countries, cities, parties and organisations by name, read from the tables at their first use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypeVar

import msgspec

from pipeline.annotate.grammar.tokens import View, read_tokens
from pipeline.annotate.lexicon import FOLDER, remembered
from pipeline.countries import load_countries
from pipeline.events import MentionKind

_GERMAN_ENDINGS = ("", "e", "er", "en", "es", "em")
_GENITIVE_LETTERS = frozenset("s'’")
_NOWHERE = "-"
_INFLECTED = re.compile(r"(\w{3,})e[nrs]? ([A-ZÄÖÜ].*)")
"""A name of several words whose first may be a German adjective: "Rotes Kreuz"."""
T = TypeVar("T")


class GazetteerEntry(msgspec.Struct, frozen=True, gc=False):
    """What a name stands for."""

    kind: MentionKind
    name: str
    """The usual name in the language of the gazetteer."""
    country: str | None
    """ISO 3166-1 alpha-2."""


class Gazetteer(msgspec.Struct, frozen=True, dict=True):
    """The names for texts in one language. The names of the other language are known too."""

    entries: Mapping[tuple[str, ...], GazetteerEntry]
    """Entries by the tokens of the name."""
    longest: Mapping[str, int]
    """Number of tokens of the longest name that begins with the word."""
    adjectives: Mapping[str, str]
    """Country by adjective, lower case: "französischen", "french"."""
    parties: Mapping[str, str]
    """Party by spelling, including the short forms in parentheses."""

    def entry_at(self, view: View, at: int) -> tuple[int, GazetteerEntry] | None:
        """The end of the longest name that begins at the token, and what it stands for. A genitive -s is ignored."""
        longest = self.longest_from(view.tokens[at].surface)
        if not longest:
            return None
        words = [token.surface for token in view.tokens[at : at + longest]]
        for count in range(len(words), 0, -1):
            for last in (words[count - 1], _bare(words[count - 1]), words[count - 1].removesuffix("es")):
                entry = self.entries.get((*words[: count - 1], last))
                if entry is not None:
                    return at + count, entry
        return None

    @remembered
    def longest_from(self, word: str) -> int:
        """Number of tokens of the longest name that may begin with the word; 0 if no name does."""
        return self.longest.get(word) or self.longest.get(_bare(word), 0)

    @remembered
    def country_of(self, word: str) -> str | None:
        """The country in an adjective, a genitive or before a hyphen: "britischen", "Frankreichs", "US-Präsident"."""
        adjective = self.adjectives.get(word.lower())
        if adjective is not None:
            return adjective
        for name in (word, _bare(word), word.partition("-")[0]):
            entry = self.entries.get((name,))
            if entry is not None and entry.kind is MentionKind.PLACE:
                return entry.country
        return None


def _bare(word: str) -> str:
    """The word without a genitive ending."""
    if word[-1] not in _GENITIVE_LETTERS:
        return word
    endings = (ending for ending in ("'s", "’s", "s", "'", "’") if word.endswith(ending))
    return next((word[: -len(ending)] for ending in endings if len(word) > len(ending) + 2), word)


@cache
def load_gazetteer(language: str) -> Gazetteer:
    """The gazetteer for texts in that language."""
    entries: dict[tuple[str, ...], GazetteerEntry] = {}
    adjectives: dict[str, str] = {}
    parties: dict[str, str] = {}
    for spelling, entry in (
        *_organisations(language, parties),
        *_countries(language, adjectives),
        *_places(language),
        *_figures(language),
    ):
        entries.setdefault(tuple(token.surface for token in read_tokens(spelling)), entry)
    longest: dict[str, int] = {}
    for words in entries:
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return Gazetteer(entries, longest, adjectives, parties)


def _countries(language: str, adjectives: dict[str, str]) -> Iterator[tuple[str, GazetteerEntry]]:
    for country in load_countries().values():
        own = country.names_de if language == "de" else country.names_en or country.names_de
        for name in (*country.names_de, *country.names_en):
            yield name, GazetteerEntry(MentionKind.PLACE, own[0], country.code)
        for stem in country.adjectives_de:
            adjectives.update((stem + ending, country.code) for ending in _GERMAN_ENDINGS)
        adjectives.update((adjective.lower(), country.code) for adjective in country.adjectives_en)
        if country.capital != _NOWHERE:
            yield from _spellings(country.capital, MentionKind.PLACE, language, country.code)


def _places(language: str) -> Iterator[tuple[str, GazetteerEntry]]:
    places = _read("places.toml", dict[str, str])
    for country, names in places.items():
        for name in names.replace("\n", "|").split("|"):
            if name:
                yield from _spellings(name, MentionKind.PLACE, language, country)


def _figures(language: str) -> Iterator[tuple[str, GazetteerEntry]]:
    """Persons by their surnames, with and without accents."""
    for country, names in _read("figures.toml", dict[str, str]).items():
        for name in names.split("\n"):
            for spelling, entry in _spellings(name, MentionKind.PERSON, language, country):
                surname = spelling.rpartition(" ")[2].removeprefix("al-")
                yield surname, entry
                yield unicodedata.normalize("NFD", surname).encode("ascii", "ignore").decode(), entry


def _organisations(language: str, parties: dict[str, str]) -> Iterator[tuple[str, GazetteerEntry]]:
    tables = _read("organisations.toml", dict[str, dict[str, str]])
    parties.update((short, party) for party, short in tables["abbreviated_parties"].items())
    for kind in ("parties", "organisations"):
        for country, names in tables[kind].items():
            for name in names.split("\n"):
                for spelling, entry in _spellings(name, MentionKind.ORGANISATION, language, country):
                    if kind == "parties":
                        parties[spelling] = entry.name
                    yield spelling, entry


def _read(file: str, shape: type[T]) -> T:
    return msgspec.toml.decode((FOLDER / file).read_bytes(), type=shape)


def _spellings(names: str, kind: MentionKind, language: str, country: str) -> Iterator[tuple[str, GazetteerEntry]]:
    """The spellings of "German=English|other|…", and what they name. The first word may be an inflected adjective."""
    if not names:
        return
    german, *others = names.replace("=", "|").split("|")
    usual = others[0] if language != "de" and "=" in names else german
    entry = GazetteerEntry(kind, usual, None if country == _NOWHERE else country)
    for spelling in (german, *others):
        yield spelling, entry
        inflected = _INFLECTED.match(spelling)
        if inflected:
            yield from ((f"{inflected[1]}{ending} {inflected[2]}", entry) for ending in ("e", "en", "er", "es"))
