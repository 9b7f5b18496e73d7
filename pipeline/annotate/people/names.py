"""The names of people: capitalised words without the offices and titles beside them, and what shows a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pipeline.annotate.grammar.capitals import is_name_word, name_end
from pipeline.annotate.grammar.phrases import past_participle_attribute
from pipeline.annotate.grammar.tokens import Range, TextView, Token, View
from pipeline.annotate.lexicon import GivenNames, Lexicon, load_given_names
from pipeline.annotate.people.gazetteer import Gazetteer
from pipeline.annotate.people.name_contexts import (
    has_article,
    is_after_occupation,
    is_apposed,
    is_beside_quotation,
    is_beside_verb,
    is_described,
)

LONGEST_NAME = 6
_POSSESSIVES = ("'s", "’s")


def name_sequences(view: TextView) -> list[Range]:
    """The sequences of capitalised words. A possessive ends one: "Karin Holm's Social Union" has two."""
    tokens = view.tokens
    sequences: list[Range] = []
    after = 0
    for at in view.capitals:
        if at < after or not is_name_word(tokens[at], view.lexicon):
            continue
        end = name_end(view, at, len(tokens))
        after = end
        if end > at + 1:
            after = next((i + 1 for i in range(at, end) if tokens[i].surface.endswith(_POSSESSIVES)), end)
        sequences.append((at, after))
    return sequences


def name_in(view: View, phrase: Range) -> Range | None:
    """The name of the phrase's person: "Karin Holm" in "Leiterin Karin Holm" and in "das Urteil von Karin Holm".

    None in "Sprecherin von Karin Holm".
    """
    tokens, lexicon = view.tokens, view.lexicon
    first, last = phrase
    found: Range | None = None
    given_names = load_given_names()
    has_article = lexicon.is_german and tokens[first].lower in lexicon.determiners
    at = past_participle_attribute(view, first + 1, last) if has_article else first
    while at < last:
        token = tokens[at]
        is_break = token.lower in lexicon.name_breaks and any(
            before.lower not in lexicon.name_particles for before in tokens[first:at]
        )
        is_break = is_break and lexicon.source_kind(tokens[at - 1].lower) != "source"
        if is_break or begins_participle_clause(view, at):
            at = next((i + 1 for i in range(at, last) if tokens[i].surface == ","), last)
            continue
        if is_name_word(token, lexicon):
            end = name_end(view, at, last)
            name = without_office(view, (at, end), given_names)
            is_owner = end < last and tokens[end - 1].surface.endswith(("'s", "’s"))
            if name is not None and not is_owner:
                found = name
            at = end
        else:
            at += 1
    if found is None or found[1] - found[0] > 1:
        return found
    return found if _may_precede_surname(tokens[first : found[0]], lexicon) else None


def begins_participle_clause(view: View, at: int) -> bool:
    """True for "accusing" in "the woman accusing Ann Marsh": what follows in the phrase is the object of a verb.

    In "the acting mayor" and "the council housing chief", such a word describes the noun after it.
    """
    tokens, lexicon = view.tokens, view.lexicon
    if lexicon.is_german or not 0 < at < len(tokens) - 1 or not tokens[at].surface.islower():
        return False
    following = tokens[at + 1]
    has_object = is_name_word(following, lexicon) or following.lower in lexicon.determiners
    return tokens[at].lower.endswith("ing") and has_object and lexicon.is_role(tokens[at - 1].surface)


def _may_precede_surname(words: list[Token], lexicon: Lexicon) -> bool:
    """True if a surname may follow the words: nothing, particles, or words with an office or a title."""
    return all(token.lower in lexicon.name_particles for token in words) or any(
        lexicon.is_role(token.surface) or token.lower in lexicon.titles or token.surface == "." for token in words
    )


def without_office(view: View, sequence: Range, given_names: GivenNames) -> Range | None:
    """The name among capitalised words, without offices, titles and what precedes the given name."""
    tokens, lexicon = view.tokens, view.lexicon
    first, last = sequence
    start = first
    for at in range(first, last):
        word = tokens[at].surface
        is_last = at == last - 1
        is_rank = at == start and (word == "." or (not is_last and _is_rank(word, lexicon)))
        is_rank = is_rank or (at == first and last - at > 2 and is_after_occupation(view, at))
        if is_rank or tokens[at].lower in lexicon.titles:
            start = at + 1
        elif (
            not is_last
            and at > first
            and given_names.is_known(word)
            and not (tokens[at - 1].is_capitalised and tokens[at - 1].lower in lexicon.name_particles)
            and _keeps_office_before(view, start, at, given_names)
        ):
            start = at
            break
        elif is_last and lexicon.is_role(word):
            if not _is_surname_here(view, start, at, given_names):
                return None
        elif _is_left_out(word, tokens[start], is_last, lexicon, given_names):
            start = at + 1
    while last - start > 2 and tokens[last - 1].lower in lexicon.title_nouns:
        last -= 1  # "Ada Berg Song"
    if start >= last or last - start > LONGEST_NAME:
        return None
    words = [token for token in tokens[start:last] if token.surface != "."]
    if not words or any(not _may_be_name(token, lexicon) for token in words):
        return None
    if len(words) > 1 and any(token.lower in given_names.organisation_words for token in words):
        return None
    return start, last


def _is_rank(word: str, lexicon: Lexicon) -> bool:
    """True for an English rank or office in capitals before a name: "DI Keane", "MP Harriet Vyse"."""
    return not lexicon.is_german and 2 <= len(word) <= 4 and word.isalpha() and word.isupper()


def _is_surname_here(view: View, start: int, at: int, given_names: GivenNames) -> bool:
    """True if the office is a surname because only given names precede it: "Frank Bauer", "Minister Falk Bergmann"."""
    given = [token for token in view.tokens[start:at] if token.surface != "."]
    if given and start and view.lexicon.is_role(view.tokens[start - 1].surface):
        return view.tokens[at].lower not in view.lexicon.roles
    return (
        bool(given)
        and all(given_names.is_known(token.surface) or len(token.surface) == 1 for token in given)
        and view.tokens[at].lower in view.lexicon.surnames
    )


def _is_left_out(word: str, start: Token, is_last: bool, lexicon: Lexicon, given_names: GivenNames) -> bool:
    """True if the word is an office before the name, or a genitive before it: "England’s Captain Adam Pierce"."""
    if lexicon.is_role(word):
        return not given_names.is_known(start.surface)
    return word.endswith(("'s", "’s")) and not is_last


def _keeps_office_before(view: View, start: int, at: int, given_names: GivenNames) -> bool:
    """True if no other given name precedes this one. In "Hans Peter Bauer" both belong to the name."""
    return not any(given_names.is_known(token.surface) for token in view.tokens[start:at])


def _may_be_name(token: Token, lexicon: Lexicon) -> bool:
    word = token.surface
    if word.islower():
        return token.lower in lexicon.name_particles
    has_digit = not word.isalpha() and any(map(str.isdigit, word))
    return not has_digit and (len(word) == 1 or word[-1] == "." or not word.replace("-", "").isupper())


def spelled(view: View, name: Range, surname: str) -> str:
    """The name with its initials; `surname` is its last word in the nominative."""
    words: list[str] = []
    for token in view.tokens[name[0] : name[1]]:
        if token.surface == "." and words:
            words[-1] += "."
        else:
            words.append(token.surface)
    return " ".join([*words[:-1], surname])


LONGEST_GIVEN_NAME = 11
"""Most letters of an unknown given name. A longer first word is a German compound."""


class Gender(msgspec.Struct, frozen=True):
    """The pronouns that can stand for a person; both if nothing shows the gender."""

    female: bool
    male: bool


class Introductions(msgspec.Struct, frozen=True):
    """What a text shows about its capitalised words. It tells the names of people from other names."""

    lexicon: Lexicon
    given_names: GivenNames
    gazetteer: Gazetteer
    surnames: set[str]
    """Words that stand alone as surnames do: next to a verb, and never after an article, an adjective or "in"."""
    words: frozenset[str]
    """All capitalised words of the text."""

    def name_words(self, view: View, name: Range) -> tuple[Range, list[str]]:
        """The name without what belongs to its genitive ("Karin Holms Plan"), and its words in the nominative."""
        first, last = name
        for at in range(first + 1, last - 1):
            if self._base(view.tokens[at].surface) is not None:
                last = at + 1
                break
        words = [token.surface for token in view.tokens[first:last] if token.surface != "."]
        words[-1] = self._base(words[-1]) or words[-1]
        return (first, last), words

    def owner(self, view: View, sequence: Range) -> str | None:
        """The owner of what the words name: "Holm" of "Holms Partei", if the text also has "Holm"."""
        first = view.tokens[sequence[0]].surface
        return self._base(first) if self.lexicon.is_german and first.endswith("s") else None

    def _base(self, word: str) -> str | None:
        """The word without its genitive -s; None if it has none. An -s is one if the text has the word without it."""
        if word.endswith(_POSSESSIVES):
            return word[:-2]
        bare = word[:-1]
        if self.lexicon.is_german and word.endswith("s") and bare in self.words:
            return None if self.given_names.is_known(word) else bare
        return None

    def is_person(self, view: View, sequence: Range, name: Range, words: Sequence[str]) -> bool:
        """True if the name of several words, among the capitalised words `sequence`, is a person's."""
        tokens = view.tokens
        if self.given_names.is_known(words[0]):
            return not self._is_known_otherwise(view, name)
        if self._is_no_given(words[0]) or self._is_known_otherwise(view, name):
            return False
        if words[-1].lower() in self.lexicon.laws | self.lexicon.documents | self.lexicon.title_nouns:
            return False
        if words[0].islower() and (len(words) - _particles(words, self.lexicon) > 1 or view.has_role(*name)):
            return False  # "Astronom von der Sternwarte Graz"
        before = tokens[name[0] - 1] if name[0] else None
        if before is not None and (self.lexicon.is_role(before.surface) or before.lower in self.lexicon.titles):
            return True
        if before is not None and before.surface == "." and name[0] > sequence[0]:
            return True
        if before is not None and before.surface == "," and is_apposed(view, name):
            return True
        if any(word in self.lexicon.name_particles for word in words):
            return False
        if is_after_occupation(view, name[0] - 1) or is_beside_quotation(view, name):
            return True
        is_located = before is not None and before.lower in self.lexicon.locatives
        return (is_described(view, name[1]) and not is_located) or (
            words[-1] in self.surnames and not has_article(before, self.lexicon)
        )

    def _is_known_otherwise(self, view: View, name: Range) -> bool:
        """True if the tables have a place or an organisation of that name: "San José", "Die Linke"."""
        found = self.gazetteer.entry_at(view, name[0])
        return found is not None and found[0] >= name[1]

    def _is_no_given(self, word: str) -> bool:
        """True if the word is a noun, a measure or an adjective: "Bundesstaat Nevara", "Millionen Liter"."""
        lower = word.lower()
        if lower in self.lexicon.place_starts or lower in self.lexicon.place_endings:
            return True
        if (word.partition("-")[0],) in self.gazetteer.entries or lower in self.gazetteer.adjectives:
            return True
        if not self.lexicon.is_german:
            return False
        return (
            len(word) > LONGEST_GIVEN_NAME
            or lower in self.lexicon.measures
            or lower.endswith(self.lexicon.noun_endings)
            or (lower.endswith("er") and (word[:-2],) in self.gazetteer.entries)
            or self.lexicon.is_place_noun(lower)
            or self.lexicon.is_organisation_noun(lower)
            or self.lexicon.source_kind(lower) is not None
            or self.lexicon.is_reporting_noun(lower)
        )

    def gender(self, view: View, sequence: Range, given: str) -> Gender:
        """The gender of the person with that given name."""
        names = self.given_names
        lower = given.lower() if given.lower() in names.male else given.lower().partition("-")[0]
        around = view.tokens[max(0, sequence[0] - 1) : sequence[1]]
        title = {token.lower for token in around}
        if title & self.lexicon.female_titles or (lower in names.female and lower not in names.male):
            return Gender(female=True, male=False)
        if title & self.lexicon.male_titles or (lower in names.male and lower not in names.female):
            return Gender(female=False, male=True)
        offices = [token.surface for token in around if self.lexicon.is_role(token.surface)]
        if self.lexicon.is_german and offices:
            feminine = any(self.lexicon.is_feminine_role(office) for office in offices)
            return Gender(female=feminine, male=not feminine)
        return Gender(female=True, male=True)


def read_introductions(
    view: TextView, sequences: list[Range], given_names: GivenNames, gazetteer: Gazetteer
) -> Introductions:
    """What the text shows. `sequences` are its sequences of capitalised words in order."""
    tokens = view.tokens
    acting: set[str] = set()
    other: set[str] = set()
    for first, last in sequences:
        word = tokens[last - 1].surface
        if last - first > 1:
            if tokens[first].lower in view.lexicon.titles and last - first <= len(("Dr", ".", "Talbot")):
                acting.add(word)
            continue
        before = tokens[first - 1] if first else None
        if before is not None and (has_article(before, view.lexicon) or before.lower in view.lexicon.locatives):
            other.add(word)
        elif is_beside_verb(view, first) or word.endswith(_POSSESSIVES):
            acting.add(word)
    words = frozenset([tokens[at].surface for at in view.capitals])
    surnames = set(_without_possessive(acting)) - other
    return Introductions(view.lexicon, given_names, gazetteer, surnames, words)


def _without_possessive(words: set[str]) -> Iterator[str]:
    for word in words:
        yield word[:-2] if word.endswith(_POSSESSIVES) else word


def _particles(words: Sequence[str], lexicon: Lexicon) -> int:
    return sum(word in lexicon.name_particles for word in words)
