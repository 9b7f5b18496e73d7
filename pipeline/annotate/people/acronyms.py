"""Short forms that a text introduces: "Verband der Deichbauer (VDB)" makes VDB an organisation wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.tokens import Range, TextView, View
from pipeline.annotate.grammar.verbs import says
from pipeline.annotate.lexicon import Frame
from pipeline.annotate.people.gazetteer import Gazetteer
from pipeline.annotate.people.name_forms import bare, dateline_end
from pipeline.annotate.people.names import name_sequences
from pipeline.annotate.people.organisation_forms import nominative_name

LONGEST_NAME = 9
"""Most tokens of a name that a short form abbreviates."""
FEWEST_CAPITALS = 3
"""Fewest letters of a short form that nothing but a verb of saying beside it shows."""
MOST_WORDS = 4
"""Most words of a name that is shortened to the first one."""
FEWEST_CHARS = 8
"""A single word of fewer characters is not abbreviated."""


class Acronyms(msgspec.Struct, frozen=True):
    """The short forms that a text introduces."""

    names: dict[str, str]
    """The full name by the short form."""
    ends: dict[int, int]
    """Where each full name ends, by its first token."""


def read_acronyms(view: TextView, persons: list[Range], gazetteer: Gazetteer) -> Acronyms:
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
            acronyms.names.setdefault(
                short, nominative_name([token.surface for token in tokens[first:at]], view.lexicon)
            )
            acronyms.ends[first] = at
    for word in _speaking_words(view, persons, gazetteer):
        acronyms.names.setdefault(word, word)
    if not view.lexicon.is_german:
        for first, end in _short_later(view, persons, gazetteer):
            acronyms.names.setdefault(tokens[first].surface, " ".join(token.surface for token in tokens[first:end]))
            acronyms.ends[first] = end
    dash = dateline_end(view)
    if dash is not None and tokens[dash - 1].surface == ")":
        acronyms.ends[(view.find(0, dash, "(") or 0) + 1] = dash - 1
    return acronyms


def _short_later(view: TextView, persons: list[Range], gazetteer: Gazetteer) -> Iterator[Range]:
    """The English names that the text shortens to their first word, as it does with no person's: "Pellinor Mining"."""
    tokens, lexicon = view.tokens, view.lexicon
    named = {at for first, last in persons for at in range(first, last)}
    sequences = [each for each in name_sequences(view) if each[0] not in named]
    alone = {bare(tokens[first].surface) for first, last in sequences if last - first == 1}
    speaking = {
        tokens[first].surface
        for first, last in sequences
        if last - first == 1 and _quotes(view, last) and not view.is_in(first - 1, lexicon.prepositions)
    }
    for first, last in sequences:
        words = [bare(token.surface) for token in tokens[first:last]]
        if not 1 < len(words) <= MOST_WORDS or words[0] not in speaking or words[-1] in alone:
            continue
        is_known = gazetteer.longest_from(words[0]) or words[0].lower() in gazetteer.adjectives
        if not is_known and not any(word.lower() in lexicon.roles | lexicon.titles for word in words):
            yield first, last


def _quotes(view: View, at: int) -> bool:
    """True if a verb that quotes words follows: "Pellinor | called the ruling “…”"."""
    if at >= len(view.tokens) or not view.tokens[at - 1].surface[1:].islower():
        return False
    verbs = view.lexicon.verbs.get(view.tokens[at].surface, ())
    return any(verb.frame in {Frame.SAY, Frame.LABEL} for verb in verbs)


def _speaking_words(view: TextView, persons: list[Range], gazetteer: Gazetteer) -> Iterator[str]:
    """The words of several capitals that no table has and that speak or have an office: "the GMB said", "DKV-Chef"."""
    tokens, lexicon = view.tokens, view.lexicon
    named = {at for first, last in persons for at in range(first, last)}
    for at in [at for at in view.capitals if tokens[at].surface[1:2].isupper()]:
        word, hyphen, office = tokens[at].surface.partition("-")
        if len(word) < FEWEST_CAPITALS or not is_short_form(word) or at in named or not 0 < at < len(tokens) - 1:
            continue
        if gazetteer.longest_from(word) or lexicon.is_role(word) or tokens[at - 1].surface.isupper():
            continue
        has_office = (office or tokens[at + 1].surface).lower() in lexicon.offices_of_organisations
        if lexicon.is_german:
            acts = has_office if hyphen else _speaks_de(view, at)
        else:
            acts = has_office or says(tokens[at + 1], lexicon) or _is_attribute(view, at)
        if acts:
            yield word


def _speaks_de(view: View, at: int) -> bool:
    """True if the word is a source or, with an article, who says something: "laut DKV", "sagte der DKV"."""
    tokens, lexicon = view.tokens, view.lexicon
    has_article = tokens[at - 1].lower in lexicon.determiners
    before = tokens[at - 2] if has_article and at > 1 else tokens[at - 1]
    is_subject = has_article and (says(tokens[at + 1], lexicon) or says(before, lexicon))
    return is_subject or before.lower in lexicon.source_prepositions


def _is_attribute(view: View, at: int) -> bool:
    """True if the word stands before a noun for those who speak: "the GMB union"."""
    return view.tokens[at - 1].lower == "the" and view.lexicon.is_speaking_noun(view.tokens[at + 1].lower)


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
                if _initials(view, at, stop) == short:
                    return at
                if found is None and (stop - at > 1 or len(token.surface) >= FEWEST_CHARS):
                    found = at
        elif not any(
            token.lower in joins
            for joins in (
                lexicon.organisation_joins,
                lexicon.determiners_oblique,
                lexicon.joins,
                lexicon.place_prepositions,
            )
        ):
            break
    return found


def _initials(view: View, first: int, stop: int) -> str:
    return "".join(token.surface[0] for token in view.tokens[first:stop] if is_name_word(token, view.lexicon))


def _takes(short: str, letters: str) -> bool:
    """True if the letters of the short form occur in this order, most of them at the beginning of a word or part."""
    place = 0
    for letter in short:
        place = letters.find(letter, place) + 1
        if not place:
            return False
    return True
