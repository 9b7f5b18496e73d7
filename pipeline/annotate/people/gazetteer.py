"""Countries, cities, parties and organisations by name, read at the first use from `lexicon/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec

from pipeline.annotate.grammar.phrases import is_adjective_de, is_name_word, name_end
from pipeline.annotate.grammar.sentences import read_tokens
from pipeline.annotate.grammar.view import Range, Token, View
from pipeline.annotate.lexicon import FOLDER, Lexicon
from pipeline.countries import load_countries
from pipeline.events import MentionKind

_GERMAN_ENDINGS = ("", "e", "er", "en", "es", "em")
_NOWHERE = "-"


class GazetteerEntry(msgspec.Struct, frozen=True):
    """What a name stands for."""

    kind: MentionKind
    name: str
    """In the gazetteer's language."""
    country: str | None
    """ISO 3166-1 alpha-2."""


class Gazetteer(msgspec.Struct, frozen=True):
    """The names of one language's gazetteer; those of the other language count, too."""

    entries: Mapping[tuple[str, ...], GazetteerEntry]
    """By the name's tokens."""
    longest: Mapping[str, int]
    """Tokens of the longest name that begins with the word."""
    adjectives: Mapping[str, str]
    """Country by adjective, lower case: "französischen", "french"."""
    parties: Mapping[str, str]
    """Party by spelling, those in parentheses among them."""

    def entry_at(self, view: View, at: int) -> tuple[int, GazetteerEntry] | None:
        """The longest name that begins at the token, a genitive -s at its end aside: its end and what it stands for."""
        first = view.tokens[at].surface
        longest = self.longest.get(first) or self.longest.get(_bare(first))
        if longest is None:
            return None
        words = [token.surface for token in view.tokens[at : at + longest]]
        for count in range(len(words), 0, -1):
            for last in (words[count - 1], _bare(words[count - 1])):
                entry = self.entries.get((*words[: count - 1], last))
                if entry is not None:
                    return at + count, entry
        return None

    def country_of(self, word: str) -> str | None:
        """Whose office it is by an adjective, a genitive or what is before a hyphen: "britischen", "US-Präsident"."""
        adjective = self.adjectives.get(word.lower())
        if adjective is not None:
            return adjective
        for name in (word, _bare(word), word.partition("-")[0]):
            entry = self.entries.get((name,))
            if entry is not None and entry.kind is MentionKind.PLACE:
                return entry.country
        return None


def _bare(word: str) -> str:
    """Without a genitive ending."""
    for ending in ("'s", "’s", "s", "'", "’"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return word


@cache
def load_gazetteer(language: str) -> Gazetteer:
    """The names, with those of the language as the usual ones."""
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
            yield from _spellings(country.capital, language, country.code)


def _spellings(name: str, language: str, country: str) -> Iterator[tuple[str, GazetteerEntry]]:
    german, _, english = name.strip().partition("=")
    usual = german if language == "de" or not english else english
    entry = GazetteerEntry(MentionKind.PLACE, usual, None if country == _NOWHERE else country)
    yield german, entry
    if english:
        yield english, entry


def _places(language: str) -> Iterator[tuple[str, GazetteerEntry]]:
    places = msgspec.toml.decode((FOLDER / "places.toml").read_bytes(), type=dict[str, str])
    for country, names in places.items():
        for name in names.replace("\n", "|").split("|"):
            if name.strip():
                yield from _spellings(name, language, country)


def _figures(language: str) -> Iterator[tuple[str, GazetteerEntry]]:
    figures = msgspec.toml.decode((FOLDER / "figures.toml").read_bytes(), type=dict[str, str])
    for surname, said in figures.items():
        names, _, country = said.partition("|")
        german, _, english = names.partition("=")
        yield (
            surname,
            GazetteerEntry(MentionKind.PERSON, german if language == "de" or not english else english, country),
        )


def _organisations(language: str, parties: dict[str, str]) -> Iterator[tuple[str, GazetteerEntry]]:
    tables = msgspec.toml.decode((FOLDER / "organisations.toml").read_bytes(), type=dict[str, dict[str, str]])
    parties.update((short, party) for party, short in tables["abbreviated_parties"].items())
    for table in (tables["parties"], tables["organisations"]):
        for key, spellings in table.items():
            german, _, english = key.partition("=")
            name = german if language == "de" or not english else english
            country, *others = spellings.split("|")
            entry = GazetteerEntry(MentionKind.ORGANISATION, name, None if country == _NOWHERE else country)
            for spelling in (german, *filter(None, [english]), *others):
                if table is tables["parties"]:
                    parties[spelling] = name
                yield spelling, entry


MOST_PLACE_WORDS = 3
_POSSESSIVES = ("'s", "’s")

Places = dict[str, set[tuple[str, ...]]]
"""The names of places in a text, as words, by the first one."""


def read_places(view: View, persons: list[Range], gazetteer: Gazetteer) -> Places:
    """Places that stand behind "in" or "Stadt" somewhere in the text, outside of the ranges of persons' names."""
    tokens, lexicon = view.tokens, view.lexicon
    named = {at for first, last in persons for at in range(first, last)}
    surnames = {_without_possessive(tokens[last - 1].surface) for _, last in persons}
    found: Places = {}
    prepositions = lexicon.place_prepositions
    for at in range(1, len(tokens)):
        if not tokens[at].surface[0].isupper():
            continue
        before = tokens[at - 1].lower
        is_classed = lexicon.is_place_noun(before)
        if not (is_classed or before in prepositions) or at in named or not is_name_word(tokens[at], lexicon):
            continue
        end = classed_end(view, at, len(tokens)) if is_classed else _located_end(view, at)
        if end is None or gazetteer.entry_at(view, at) is not None:
            continue
        words = tuple(_without_possessive(word.surface) for word in tokens[at:end])
        if words[-1] not in surnames:
            found.setdefault(words[0], set()).add(words)
    return found


def _located_end(view: View, at: int) -> int | None:
    """The end of the name behind "in", None if it need not be a place's."""
    tokens, lexicon = view.tokens, view.lexicon
    if at > 1 and tokens[at - 2].lower in lexicon.in_something:
        return None
    if lexicon.language == "de":
        return at + 1 if _ends_like_a_place(tokens[at].lower, lexicon) else None
    end = name_end(view, at, min(len(tokens), at + MOST_PLACE_WORDS + 1))
    end = next((i + 1 for i in range(at, end) if tokens[i].surface.endswith(_POSSESSIVES)), end)
    if end - at > MOST_PLACE_WORDS or any(not _may_be_place(token, lexicon) for token in tokens[at:end]):
        return None
    follower = tokens[end] if end < len(tokens) else None
    is_alone = follower is None or not follower.is_word or follower.lower in lexicon.function_words | lexicon.weekdays
    return end if is_alone or tokens[end - 1].surface.endswith(_POSSESSIVES) else None


def _may_be_place(token: Token, lexicon: Lexicon) -> bool:
    """No acronym, no office, nothing else that is written with a capital."""
    word = _without_possessive(token.surface)
    return not (
        word.isupper()
        or any(map(str.isdigit, word))
        or word.lower() in lexicon.no_places
        or word.lower() in lexicon.titles
        or lexicon.is_role(word)
    )


def _ends_like_a_place(word: str, lexicon: Lexicon) -> bool:
    ending = next((ending for ending in lexicon.place_endings if word.endswith(ending)), None)
    return ending is not None and len(word) > len(ending) + 2 and not lexicon.is_place_noun(word)


def _without_possessive(word: str) -> str:
    return word[:-2] if word.endswith(_POSSESSIVES) else word


def located_at(view: View, at: int, stop: int, places: Places) -> tuple[int, str] | None:
    """The end and the name of a known place at the token, a genitive -s at its end aside."""
    first = view.tokens[at].surface
    for key in (first, _without_possessive(first), first.removesuffix("s")):
        for words in sorted(places.get(key, ()), key=len, reverse=True):
            end = at + len(words)
            if end <= stop and _spells(view, at, words):
                return end, " ".join(words)
    return None


def _spells(view: View, at: int, words: tuple[str, ...]) -> bool:
    *before, last = (token.surface for token in view.tokens[at : at + len(words)])
    return tuple(before) == words[:-1] and words[-1] in {last, _without_possessive(last), last.removesuffix("s")}


def formed_end(view: View, at: int, stop: int) -> int | None:
    """The end of a name that says that it is a place's: "Port Ellery", "Bad Holmstedt", "Lime Street"."""
    tokens, lexicon = view.tokens, view.lexicon
    if at + 1 >= stop or not tokens[at + 1].is_capitalised:
        return None
    end = min(name_end(view, at, stop), at + MOST_PLACE_WORDS)
    if end - at < 2:
        return None
    if tokens[at].lower in lexicon.place_starts:
        return at + 2 if lexicon.language == "de" else end
    if lexicon.language == "en" and tokens[end - 1].lower in lexicon.place_endings:
        return end
    return None


def classed_end(view: View, at: int, stop: int) -> int | None:
    """The end of the name behind a German noun that says what it is: "Stadt Wiekstadt", "Firma Nordkabel"."""
    lexicon = view.lexicon
    token = view.tokens[at]
    if not is_name_word(token, lexicon) or lexicon.is_role(token.surface) or token.surface.isupper():
        return None
    if token.lower.endswith(tuple(lexicon.noun_endings)) and not _ends_like_a_place(token.lower, lexicon):
        return None
    if not _binds_a_name(view, at - 1):
        return None
    end = at + 1
    while end < min(stop, at + MOST_PLACE_WORDS) and is_name_word(view.tokens[end], lexicon):
        end += 1
    return end


def _binds_a_name(view: View, noun: int) -> bool:
    """Where the noun behind it cannot be an object of its own, as in "bringt der Fluss Sand"."""
    tokens, lexicon = view.tokens, view.lexicon
    at = noun - 1
    while at >= 0 and is_adjective_de(tokens[at], lexicon):
        at -= 1
    if at >= 0 and tokens[at].lower == "des":
        return True
    if at >= 0 and tokens[at].lower in lexicon.determiners_nominative | lexicon.determiners_oblique:
        is_genitive = tokens[at].lower == "der" and at > 0 and tokens[at - 1].is_capitalised
        if is_genitive:
            return True
        at -= 1
    return at < 0 or not tokens[at].is_word or tokens[at].lower in lexicon.prepositions
