"""Who is meant: full names as the article introduces them, surnames and pronouns that go back to one."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from pipeline.annotate.lexicon import GivenNames, Lexicon, load_given_names
from pipeline.annotate.phrases import NAME_PARTICLES, Range, is_name_word, name_end
from pipeline.annotate.sentences import Token

LONGEST_NAME = 6
MOST_NAMESAKES = 8
PRONOUN_REACH = 90
"""Tokens before a pronoun in which the person it stands for must be named."""
_BREAKS = frozenset(
    {
        "of",
        "for",
        "from",
        "at",
        "with",
        "von",
        "vom",
        "des",
        "der",
        "für",
        "aus",
        "im",
        "in",
        "beim",
        "bei",
        "zur",
        "zum",
    }
)


class Gender(msgspec.Struct, frozen=True):
    female: bool
    male: bool


class Mention(msgspec.Struct, frozen=True):
    at: int
    """Token index of the name's first word."""
    person: str


class People(msgspec.Struct, frozen=True):
    """The persons that a text introduces by their full names, and where it names them."""

    lexicon: Lexicon
    by_surname: dict[str, list[str]]
    genders: dict[str, Gender]
    mentions: list[Mention]

    def person_of(self, tokens: list[Token], phrase: Range) -> str | None:
        """The full name of the person that the phrase names; None for organisations, bare offices and unknown names."""
        name = _name_in(tokens, phrase, self.lexicon)
        if name is None:
            return None
        words = [token.surface for token in tokens[name[0] : name[1]] if token.surface != "."]
        return self.known(words)

    def known(self, words: list[str]) -> str | None:
        """Who is called that: by surname alone only where one person has it."""
        known = self.by_surname.get(_surname(words[-1], self.by_surname), [])
        if len(words) == 1:
            return known[0] if len(known) == 1 else None
        return next((full for full in known if full.split()[0] == words[0]), None)

    def person_behind(self, pronoun: str, at: int, since: int) -> str | None:
        """The one person named between tokens `since` and `at` that the pronoun can stand for; None if not just one."""
        since = max(since, at - PRONOUN_REACH)
        low = bisect_left(self.mentions, since, key=lambda mention: mention.at)
        high = bisect_left(self.mentions, at, key=lambda mention: mention.at)
        named = {mention.person for mention in self.mentions[low:high]}
        fits = [person for person in named if self._may_be(pronoun, person)]
        return fits[0] if len(fits) == 1 and not self._is_unknown(fits[0]) else None

    def _may_be(self, pronoun: str, person: str) -> bool:
        gender = self.genders[person]
        if pronoun in self.lexicon.pronouns_male:
            return gender.male
        return pronoun in self.lexicon.pronouns_female and gender.female

    def _is_unknown(self, person: str) -> bool:
        return self.genders[person] == Gender(female=True, male=True)


def read_people(tokens: list[Token], title: list[Token], lexicon: Lexicon) -> People:
    """The people of the text, from its words outside of marks and from its title."""
    people = People(lexicon, {}, {}, [])
    runs = _name_runs(tokens, lexicon)
    alone = {tokens[last - 1].surface for first, last in runs if last - first == 1}
    places = _introduce(people, tokens, runs, alone)
    _introduce(people, title, _name_runs(title, lexicon), alone)
    places.extend((first, [tokens[first].surface]) for first, last in runs if last - first == 1)
    named = ((at, people.known(words)) for at, words in sorted(places))
    people.mentions.extend(Mention(at, person) for at, person in named if person is not None)
    return people


def _introduce(people: People, tokens: list[Token], runs: list[Range], alone: set[str]) -> list[tuple[int, list[str]]]:
    """Add the persons whose full names are among the runs; where the names of several words stand, and the words."""
    lexicon, given_names = people.lexicon, load_given_names()
    places: list[tuple[int, list[str]]] = []
    for run in runs:
        if run[1] - run[0] < 2:
            continue
        name = _without_office(tokens, run, lexicon, given_names)
        if name is None:
            continue
        words = [token.surface for token in tokens[name[0] : name[1]] if token.surface != "."]
        places.append((name[0], words))
        if len(words) < 2 or not _is_person(tokens, run, name, words, alone, lexicon, given_names):
            continue
        if people.known(words) is None and _add(people.by_surname, words, _spelled(tokens, name)):
            people.genders[_spelled(tokens, name)] = _gender(tokens, run, words[0], lexicon, given_names)
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


def _name_runs(tokens: list[Token], lexicon: Lexicon) -> list[Range]:
    runs: list[Range] = []
    at = 0
    while at < len(tokens):
        if not is_name_word(tokens[at], lexicon):
            at += 1
            continue
        end = name_end(tokens, at, len(tokens), lexicon)
        runs.append((at, end))
        at = end
    return runs


def _name_in(tokens: list[Token], phrase: Range, lexicon: Lexicon) -> Range | None:
    """The name that heads the phrase: "Karin Holm" of "Leiterin Karin Holm", none of "Sprecherin von Karin Holm"."""
    first, last = phrase
    found: Range | None = None
    given_names = load_given_names()
    at = first
    while at < last:
        token = tokens[at]
        if token.lower in _BREAKS and any(before.lower not in NAME_PARTICLES for before in tokens[first:at]):
            at = next((i + 1 for i in range(at, last) if tokens[i].surface == ","), last)
            continue
        if is_name_word(token, lexicon):
            end = name_end(tokens, at, last, lexicon)
            name = _without_office(tokens, (at, end), lexicon, given_names)
            if name is not None:
                found = name
            at = end
        else:
            at += 1
    if found is None or found[1] - found[0] > 1:
        return found
    return found if _may_precede_surname(tokens[first : found[0]], lexicon) else None


def _may_precede_surname(words: list[Token], lexicon: Lexicon) -> bool:
    """Nothing, particles, or among others an office or a title: "die Hütte" is nobody, "die Ministerin Holm" is."""
    return all(token.lower in NAME_PARTICLES for token in words) or any(
        lexicon.is_role(token.surface) or token.lower in lexicon.titles or token.surface == "." for token in words
    )


def _without_office(tokens: list[Token], run: Range, lexicon: Lexicon, given_names: GivenNames) -> Range | None:
    """The name in a run of capitalised words: without offices, titles and what stands before the given name."""
    first, last = run
    start = first
    for at in range(first, last):
        word = tokens[at].surface
        is_last = at == last - 1
        if tokens[at].lower in lexicon.titles or (tokens[at].surface == "." and at == start):
            start = at + 1
        elif (
            not is_last
            and at > first
            and given_names.is_known(word)
            and _keeps_office_before(tokens, start, at, given_names)
        ):
            start = at
            break
        elif is_last and lexicon.is_role(word):
            return None
        elif _is_left_out(word, tokens[start], is_last, lexicon, given_names):
            start = at + 1
    if start >= last or last - start > LONGEST_NAME:
        return None
    words = [token for token in tokens[start:last] if token.surface != "."]
    if not words or any(not _may_be_name(token) for token in words):
        return None
    if len(words) > 1 and any(token.lower in given_names.organisation_words for token in words):
        return None
    return start, last


def _is_left_out(word: str, start: Token, is_last: bool, lexicon: Lexicon, given_names: GivenNames) -> bool:
    """An office before the name, a genitive before the office: "England’s Captain Adam Pierce"."""
    if lexicon.is_role(word):
        return not given_names.is_known(start.surface)
    return word.endswith(("'s", "’s")) and not is_last


def _keeps_office_before(tokens: list[Token], start: int, at: int, given_names: GivenNames) -> bool:
    """A given name behind another belongs to it: "Hans Peter Bauer"."""
    return not any(given_names.is_known(token.surface) for token in tokens[start:at])


def _may_be_name(token: Token) -> bool:
    word = token.surface
    if word.islower():
        return token.lower in NAME_PARTICLES
    return not any(map(str.isdigit, word)) and (len(word) == 1 or not word.replace("-", "").isupper())


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


def _spelled(tokens: list[Token], name: Range) -> str:
    words: list[str] = []
    for token in tokens[name[0] : name[1]]:
        if token.surface == "." and words:
            words[-1] += "."
        else:
            words.append(token.surface)
    return " ".join(words)


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
