"""Short forms that a text introduces: "Verband der Deichbauer (VDB)" makes VDB an organisation wherever it stands."""

from __future__ import annotations

import msgspec

from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.tokens import Range, View
from pipeline.annotate.people.gazetteer import Gazetteer

LONGEST_NAME = 9
"""Most tokens of a name that a short form abbreviates."""
FEWEST_CHARS = 8
"""A single word of fewer characters is not abbreviated."""


class Acronyms(msgspec.Struct, frozen=True):
    """The short forms that a text introduces."""

    names: dict[str, str]
    """The full name by the short form."""
    ends: dict[int, int]
    """Where each full name ends, by its first token."""


def read_acronyms(view: View, persons: list[Range], gazetteer: Gazetteer) -> Acronyms:
    """The names before a short form in parentheses. A party after a person ("Holm (CDU)") does not count."""
    tokens = view.tokens
    acronyms = Acronyms({}, {})
    ends_of_persons = {last for _, last in persons}
    for at in [at for at, token in enumerate(tokens[:-2]) if token.surface == "("]:
        if not at or at in ends_of_persons or tokens[at + 2].surface != ")":
            continue
        short = tokens[at + 1].surface
        if not is_short_form(short) or short in gazetteer.parties:
            continue
        first = _name_start(view, at, short)
        if first is not None:
            acronyms.names.setdefault(short, " ".join(token.surface for token in tokens[first:at]))
            acronyms.ends[first] = at
    return acronyms


def is_short_form(word: str) -> bool:
    """True if the word looks like a short form: "VDB", "BfN", "UNEP"."""
    return 2 <= len(word) <= 8 and word.isalpha() and sum(map(str.isupper, word)) >= max(2, len(word) - 2)


def _name_start(view: View, stop: int, short: str) -> int | None:
    """Where the name before the parenthesis begins, whose letters the short form takes in order."""
    tokens, lexicon = view.tokens, view.lexicon
    found = None
    for at in range(stop - 1, max(-1, stop - 1 - LONGEST_NAME), -1):
        token = tokens[at]
        if not token.is_word:
            break
        if is_name_word(token, lexicon):
            letters = " ".join(word.lower for word in tokens[at:stop])
            if token.lower[0] == short[0].lower() and _takes(short.lower(), letters):
                found = at
                if stop - at > 1 or len(token.surface) >= FEWEST_CHARS:
                    return at
        elif token.lower not in lexicon.organisation_joins | lexicon.determiners_oblique | lexicon.joins:
            break
    return found if found is not None and stop - found > 1 else None


def _takes(short: str, letters: str) -> bool:
    """True if the letters of the short form occur in this order, most of them at the beginning of a word or part."""
    place = 0
    for letter in short:
        place = letters.find(letter, place) + 1
        if not place:
            return False
    return True
