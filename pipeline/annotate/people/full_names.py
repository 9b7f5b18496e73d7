"""The people whom an article introduces by full names, and the person that a surname or a pronoun stands for."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

import msgspec

from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Range, TextView, View
from pipeline.annotate.lexicon import Lexicon, load_given_names
from pipeline.annotate.people.gazetteer import load_gazetteer
from pipeline.annotate.people.name_contexts import has_article, is_byline
from pipeline.annotate.people.names import (
    LONGEST_NAME,
    Gender,
    Introductions,
    name_in,
    name_sequences,
    read_introductions,
    spelled,
    without_office,
)

MOST_NAMESAKES = 8
PRONOUN_REACH_CHARS = 600
"""A pronoun stands for a person named at most this many characters before it."""


class Named(msgspec.Struct, frozen=True, gc=False):
    """A name in the text: its tokens from `first` to before `end`, and whose it is."""

    first: int
    end: int
    person: str
    has_known_given_name: bool


class Antecedent(msgspec.Struct, frozen=True, gc=False):
    """A person whom a later pronoun may stand for."""

    at: int
    """The character at which the name or pronoun begins."""
    person: str


class People(msgspec.Struct, frozen=True):
    """The persons that a text introduces by their full names, and where it names them."""

    lexicon: Lexicon
    by_surname: dict[str, list[str]]
    by_given_name: dict[str, list[str]]
    genders: dict[str, Gender]
    names: list[Named]
    antecedents: list[Antecedent]
    """The people named outside quotation marks."""
    words: set[str]
    """The words of the names, as the text has them."""
    introduced: dict[str, int]
    """The character at which each person's full name stands first; -1 for the headline."""

    def person_of(self, view: View, phrase: Range) -> str | None:
        """The full name of the person that the phrase names; None for an organisation, an office or an unknown name."""
        tokens = view.tokens
        name = name_in(view, phrase)
        if name is None:
            return self._bearer_of_office_name(view, phrase)
        words = [token.surface for token in tokens[name[0] : name[1]] if token.surface != "."]
        return self.person_named(words, tokens[name[0]].start)

    def _bearer_of_office_name(self, view: View, phrase: Range) -> str | None:
        """The person whose surname is also the name of an office, such as "Koch" or "Minister Koch". "der Koch" names
        nobody."""
        *before, last = view.tokens[phrase[0] : phrase[1]]
        if last.lower not in self.lexicon.surnames or last.surface not in self.by_surname:
            return None
        is_name = all(self.lexicon.is_role(token.surface) or token.lower in self.lexicon.titles for token in before)
        return self.person_named([last.surface], last.start) if is_name else None

    def person_ending_at(self, view: View, comma: int) -> str | None:
        """The person whose name stands right before the comma."""
        first = comma
        while first > 0 and comma - first < LONGEST_NAME and is_name_word(view.tokens[first - 1], self.lexicon):
            first -= 1
        return self.person_of(view, (first, comma)) if first < comma else None

    def person_named(self, words: list[str], at: int) -> str | None:
        """The full name of the person whom `words`, a name at character `at`, stands for; None if it may be nobody or
        several. A surname or a given name alone is enough if only one person has it.

        Namesakes whom the text introduces later do not count, so text that is added changes nothing before it.
        """
        known = self.by_surname.get(_surname(words[-1], self.by_surname), [])
        if len(words) == 1:
            by_given_name = self.by_given_name.get(_surname(words[0], self.by_given_name), [])
            earlier = ([full for full in some if self.introduced[full] <= at] for some in (known, by_given_name))
            known = next((some for some in (*earlier, known, by_given_name) if some), [])
            return known[0] if len(known) == 1 else None
        same = next((full for full in known if full.split()[0].rstrip(".") == words[0].rstrip(".")), None)
        if same is not None:
            return same
        surnames = [full for full in known if full.split()[-len(words) :] == words and self.introduced[full] <= at]
        return surnames[0] if len(surnames) == 1 else None  # "Gómez Sáez" is Carlos Gómez Sáez

    def persons_before(self, pronoun: str | None, at: int, since: int) -> list[str]:
        """The people named between characters `since` and `at` whom the pronoun can stand for; without one, all."""
        since = max(since, at - PRONOUN_REACH_CHARS)
        low = bisect_left(self.antecedents, since, key=lambda antecedent: antecedent.at)
        high = bisect_left(self.antecedents, at, key=lambda antecedent: antecedent.at)
        named = {antecedent.person for antecedent in self.antecedents[low:high]}
        return [person for person in named if pronoun is None or self._may_be(pronoun, person)]

    def name_pronoun(self, at: int, person: str, pronoun: str | None = None) -> None:
        """Count a resolved pronoun at that character as naming the person. It shows the gender if nothing else does."""
        if pronoun is not None and self.is_of_unknown_gender(person):
            is_woman = pronoun in self.lexicon.pronouns_female
            self.genders[person] = Gender(female=is_woman, male=not is_woman)
        insort(self.antecedents, Antecedent(at, person), key=lambda antecedent: antecedent.at)

    def _may_be(self, pronoun: str, person: str) -> bool:
        gender = self.genders[person]
        if pronoun in self.lexicon.pronouns_male:
            return gender.male
        return pronoun in self.lexicon.pronouns_female and gender.female

    def is_of_unknown_gender(self, person: str) -> bool:
        return self.genders[person] == Gender(female=True, male=True)


def read_people(view: TextView, title: TextView, segments: list[Segment]) -> People:
    """The people whom the text or its title introduces."""
    tokens = view.tokens
    people = People(view.lexicon, {}, {}, {}, [], [], set(), {})
    sequences = name_sequences(view)
    shown = read_introductions(view, sequences, load_given_names(), load_gazetteer(view.lexicon.language))
    places = _introduce(people, view, sequences, shown)
    _introduce(people, title, name_sequences(title), shown, is_title=True)
    for sequence in sequences:
        word = tokens[sequence[0]].surface
        if (word[-1] == "s" or word in people.by_surname or word in people.by_given_name) and _may_be_surname(
            view, sequence
        ):
            places.append((sequence, [word]))
    for (first, last), words in sorted(places):
        person = people.person_named(words, tokens[first].start)
        if person is not None:
            people.names.append(Named(first, last, person, load_given_names().is_known(person.split()[0])))
            people.words.update(token.surface for token in tokens[first:last])
    people.antecedents.extend(_outside(view, people.names, segments))
    return people


def _may_be_surname(view: View, sequence: Range) -> bool:
    """True if the words are a single one that may be a surname, but not "der Koch"."""
    first, last = sequence
    if last - first > 1:
        return False
    return not (
        first
        and view.tokens[first].lower in view.lexicon.surnames
        and has_article(view.tokens[first - 1], view.lexicon)
    )


def _outside(view: View, names: list[Named], segments: list[Segment]) -> Iterator[Antecedent]:
    number = 0
    for name in names:
        at = view.tokens[name.first].start
        while number < len(segments) and segments[number].after <= at:
            number += 1
        if number == len(segments) or at < segments[number].before:
            yield Antecedent(at, name.person)


def _introduce(
    people: People, view: View, sequences: list[Range], shown: Introductions, *, is_title: bool = False
) -> list[tuple[Range, list[str]]]:
    """Add the people whose full names are among the capitalised words `sequences`.

    Returns where the names of several words stand, and their words.
    """
    places: list[tuple[Range, list[str]]] = []
    for sequence in sequences:
        if sequence[1] - sequence[0] < 2 or is_byline(view, sequence[0]):
            continue
        owner = shown.owner(view, sequence)
        if owner is not None:
            places.append(((sequence[0], sequence[0] + 1), [owner]))
            sequence = sequence[0] + 1, sequence[1]  # "Hessens Ministerin Karin Holm"
            if sequence[1] - sequence[0] < 2:
                continue
        whole = without_office(view, sequence, shown.given_names)
        if whole is None:
            continue
        name, words = shown.name_words(view, whole)
        if words[0] in people.by_surname and shown.lexicon.is_german and not shown.given_names.is_known(words[0]):
            name, words = (name[0], name[0] + 1), words[:1]  # "sieht auch Holm Vorteile"
        places.append((name, words))
        if len(words) < 2 or not shown.is_person(view, sequence, name, words):
            continue
        full = spelled(view, name, words[-1])
        at = -1 if is_title else view.tokens[name[0]].start
        if people.person_named(words, at) is None and _add(people.by_surname, words, full):
            people.introduced[full] = at
            people.by_given_name.setdefault(words[0], []).append(full)
            people.genders[full] = shown.gender(view, sequence, words[0])
    return places


def _add(by_surname: dict[str, list[str]], words: list[str], full: str) -> bool:
    """Add the name; False if there are enough namesakes already, whose surname is ambiguous anyway."""
    namesakes = by_surname.setdefault(words[-1], [])
    if len(namesakes) >= MOST_NAMESAKES:
        return False
    namesakes.append(full)
    return True


def _surname(word: str, known: dict[str, list[str]]) -> str:
    if word not in known and word.endswith(("s", "’s", "'s")):
        bare = word[:-1].rstrip("'’")
        return bare if bare in known else word
    return word
