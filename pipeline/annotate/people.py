"""Who is meant: full names as the article introduces them, surnames and pronouns that go back to one."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

import msgspec

from pipeline.annotate.lexicon import GivenNames, Lexicon, load_given_names
from pipeline.annotate.marks import Segment
from pipeline.annotate.names import LONGEST_NAME, name_in, name_runs, spelled, without_office
from pipeline.annotate.phrases import Range, is_adjective_de, is_name_word
from pipeline.annotate.sentences import Token

MOST_NAMESAKES = 8
PRONOUN_REACH_CHARS = 600
"""How far before a pronoun the person it stands for must be named."""


class Gender(msgspec.Struct, frozen=True):
    female: bool
    male: bool


class Named(msgspec.Struct, frozen=True):
    """A name in the text, by tokens first to last, exclusive."""

    first: int
    last: int
    person: str


class Antecedent(msgspec.Struct, frozen=True):
    """Whom a pronoun further on may stand for."""

    at: int
    """Character of the name's or pronoun's beginning."""
    person: str


class People(msgspec.Struct, frozen=True):
    """The persons that a text introduces by their full names, and where it names them."""

    lexicon: Lexicon
    by_surname: dict[str, list[str]]
    genders: dict[str, Gender]
    names: list[Named]
    antecedents: list[Antecedent]
    """Those named outside of marks."""

    def person_of(self, tokens: list[Token], phrase: Range) -> str | None:
        """The full name of the person that the phrase names; None for organisations, bare offices and unknown names."""
        name = name_in(tokens, phrase, self.lexicon)
        if name is None:
            return None
        words = [token.surface for token in tokens[name[0] : name[1]] if token.surface != "."]
        return self.known(words)

    def person_ending_at(self, tokens: list[Token], comma: int) -> str | None:
        """The person whose name stands right before the comma."""
        first = comma
        while first > 0 and comma - first < LONGEST_NAME and is_name_word(tokens[first - 1], self.lexicon):
            first -= 1
        return self.person_of(tokens, (first, comma)) if first < comma else None

    def known(self, words: list[str]) -> str | None:
        """Who is called that: by surname alone only where one person has it."""
        known = self.by_surname.get(_surname(words[-1], self.by_surname), [])
        if len(words) == 1:
            return known[0] if len(known) == 1 else None
        return next((full for full in known if full.split()[0] == words[0]), None)

    def person_behind(self, pronoun: str, at: int, since: int) -> str | None:
        """The one person named between characters `since` and `at` whom the pronoun can stand for; None if not one."""
        since = max(since, at - PRONOUN_REACH_CHARS)
        low = bisect_left(self.antecedents, since, key=lambda antecedent: antecedent.at)
        high = bisect_left(self.antecedents, at, key=lambda antecedent: antecedent.at)
        named = {antecedent.person for antecedent in self.antecedents[low:high]}
        fits = [person for person in named if self._may_be(pronoun, person)]
        return fits[0] if len(fits) == 1 and not self._is_unknown(fits[0]) else None

    def is_anybody_between(self, since: int, at: int) -> bool:
        """Whether anybody is named between the two characters."""
        first = bisect_left(self.antecedents, since, key=lambda antecedent: antecedent.at)
        return first < len(self.antecedents) and self.antecedents[first].at < at

    def name_pronoun(self, at: int, person: str) -> None:
        """A pronoun that was resolved counts as naming the person."""
        insort(self.antecedents, Antecedent(at, person), key=lambda antecedent: antecedent.at)

    def _may_be(self, pronoun: str, person: str) -> bool:
        gender = self.genders[person]
        if pronoun in self.lexicon.pronouns_male:
            return gender.male
        return pronoun in self.lexicon.pronouns_female and gender.female

    def _is_unknown(self, person: str) -> bool:
        return self.genders[person] == Gender(female=True, male=True)


def read_people(tokens: list[Token], title: list[Token], segments: list[Segment], lexicon: Lexicon) -> People:
    """The people of the text, from its words and its title."""
    people = People(lexicon, {}, {}, [], [])
    runs = name_runs(tokens, lexicon)
    alone = _bare_words(tokens, runs, lexicon)
    places = _introduce(people, tokens, runs, alone)
    _introduce(people, title, name_runs(title, lexicon), alone)
    places.extend(((first, last), [tokens[first].surface]) for first, last in runs if last - first == 1)
    for (first, last), words in sorted(places):
        person = people.known(words)
        if person is not None:
            people.names.append(Named(first, last, person))
    people.antecedents.extend(_outside(tokens, people.names, segments))
    return people


def _bare_words(tokens: list[Token], runs: list[Range], lexicon: Lexicon) -> set[str]:
    """Words that stand alone as surnames do, and never with an article or an adjective as common nouns do."""
    bare: set[str] = set()
    common: set[str] = set()
    for first, last in runs:
        if last - first > 1:
            continue
        before = tokens[first - 1] if first else None
        has_article = before is not None and (
            before.lower in lexicon.determiners_nominative
            or before.lower in lexicon.determiners_oblique
            or before.lower in {"zum", "zur", "im", "am", "vom", "beim", "ins"}
            or is_adjective_de(before, lexicon)
        )
        (common if has_article else bare).add(tokens[first].surface)
    return bare - common


def _outside(tokens: list[Token], names: list[Named], segments: list[Segment]) -> Iterator[Antecedent]:
    number = 0
    for name in names:
        at = tokens[name.first].start
        while number < len(segments) and segments[number].after <= at:
            number += 1
        if number == len(segments) or at < segments[number].before:
            yield Antecedent(at, name.person)


def _introduce(
    people: People, tokens: list[Token], runs: list[Range], alone: set[str]
) -> list[tuple[Range, list[str]]]:
    """Add the persons whose full names are among the runs; where the names of several words stand, and the words."""
    lexicon, given_names = people.lexicon, load_given_names()
    places: list[tuple[Range, list[str]]] = []
    for run in runs:
        if run[1] - run[0] < 2:
            continue
        name = without_office(tokens, run, lexicon, given_names)
        if name is None:
            continue
        words = [token.surface for token in tokens[name[0] : name[1]] if token.surface != "."]
        places.append((name, words))
        if len(words) < 2 or not _is_person(tokens, run, name, words, alone, lexicon, given_names):
            continue
        if people.known(words) is None and _add(people.by_surname, words, spelled(tokens, name)):
            people.genders[spelled(tokens, name)] = _gender(tokens, run, words[0], lexicon, given_names)
    return places


def _add(by_surname: dict[str, list[str]], words: list[str], full: str) -> bool:
    """Whether the name is new. Enough namesakes are as good as more: their surname is ambiguous."""
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


def _is_person(
    tokens: list[Token],
    run: Range,
    name: Range,
    words: list[str],
    alone: set[str],
    lexicon: Lexicon,
    given_names: GivenNames,
) -> bool:
    if given_names.is_known(words[0]) or given_names.is_known(words[0].split("-")[0]):
        return True
    before = tokens[name[0] - 1] if name[0] else None
    if before is not None and (lexicon.is_role(before.surface) or before.lower in lexicon.titles):
        return True
    if before is not None and before.surface == "." and name[0] > run[0]:
        return True
    if _is_described(tokens, name[1], lexicon):
        return True
    has_article = before is not None and (
        before.lower in lexicon.determiners_nominative or before.lower in lexicon.determiners_oblique
    )
    return words[-1] in alone and not has_article


def _is_described(tokens: list[Token], at: int, lexicon: Lexicon) -> bool:
    """Behind the name: an age, or an office set off by a comma."""
    if at + 2 >= len(tokens):
        return False
    if tokens[at].surface == "(":
        return tokens[at + 1].surface.isdigit() and len(tokens[at + 1].surface) == 2 and tokens[at + 2].surface == ")"
    if tokens[at].surface != ",":
        return False
    if tokens[at + 1].surface.isdigit() and len(tokens[at + 1].surface) == 2 and tokens[at + 2].surface == ",":
        return True
    return any(token.is_word and lexicon.is_role(token.surface) for token in tokens[at + 1 : at + 4])


def _gender(tokens: list[Token], run: Range, given: str, lexicon: Lexicon, given_names: GivenNames) -> Gender:
    """Which pronouns can stand for the person; both where nothing tells."""
    lower = given.lower().split("-")[0] if given.lower() not in given_names.male else given.lower()
    title = {token.lower for token in tokens[max(0, run[0] - 1) : run[1]]}
    if title & {"mrs", "ms", "miss", "frau", "lady", "dame"} or (
        lower in given_names.female and lower not in given_names.male
    ):
        return Gender(female=True, male=False)
    if title & {"mr", "herr", "sir", "lord"} or (lower in given_names.male and lower not in given_names.female):
        return Gender(female=False, male=True)
    offices = [token.surface for token in tokens[max(0, run[0] - 1) : run[1]] if lexicon.is_role(token.surface)]
    if lexicon.language == "de" and offices:
        feminine = any(lexicon.is_feminine_role(office) for office in offices)
        return Gender(female=feminine, male=not feminine)
    return Gender(female=True, male=True)
