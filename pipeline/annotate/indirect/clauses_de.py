"""Which clause behind a German reporting word it reports: with "dass", a main clause by its mood, an infinitive."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import cache

from pipeline.annotate.grammar.phrases import is_nominative, noun_phrase
from pipeline.annotate.grammar.verbs import has_reported_mood, particle_of, reporting_verb_at
from pipeline.annotate.indirect.passage import Passage
from pipeline.annotate.lexicon import Frame, load_lexicon

WIDEST_GAP = 24
"""Tokens between the reporting word and the clause it reports."""
MOOD_REACH = 50
"""Tokens of a clause in which its mood must show."""


class Clause(Enum):
    """What a German reporting word can have behind a comma."""

    THAT = auto()
    MAIN = auto()
    INFINITIVE = auto()
    NONE = auto()


def first_clause(p: Passage) -> tuple[int, Clause]:
    """The comma before the first clause that the word can report, and what kind of clause that is."""
    for comma in commas_behind(p):
        start = comma + 1
        if start >= p.end or p.tokens[start].lower in p.lexicon.purposes:
            continue
        if p.tokens[start].lower in p.lexicon.new_statements:
            break
        if opens_clause(p, start):
            return comma, Clause.THAT
        if reporting_verb_at(p, start, p.end) is not None:
            break
        if _opens_other_clause(p, start):
            continue
        if _is_reported_main_clause(p, start) or _is_main_clause(p, start):
            return comma, Clause.MAIN
        if infinitive_end(p, start) is not None:
            return comma, Clause.INFINITIVE
    return p.at, Clause.NONE


def commas_behind(p: Passage) -> list[int]:
    """Commas behind the word, as far as a clause may be that it reports."""
    commas: list[int] = []
    particle = (particle_of(p, p.at, p.end, p.verb) if p.verb is not None else None) or p.at
    for at in range(max(p.at, particle) + 1, min(p.end, max(p.at, particle) + WIDEST_GAP)):
        if p.tokens[at].surface in {";", ":", "\n"}:
            break
        if p.tokens[at].surface == ",":
            commas.append(at)
    return commas


def opens_clause(p: Passage, at: int) -> bool:
    """ "dass", "ob", "wer", "mit welchem"."""
    if p.tokens[at].lower in p.lexicon.prepositions and at + 1 < p.end:
        return p.tokens[at + 1].lower.startswith("welch")
    return p.tokens[at].lower in p.lexicon.complementizers


def _opens_other_clause(p: Passage, at: int) -> bool:
    """ "weil", "nachdem", "in dem": a reason, a time, an attribute, which nobody reports."""
    word = p.tokens[at].lower
    if word in p.lexicon.prepositions and at + 1 < p.end:
        return p.tokens[at + 1].lower in p.lexicon.relative_pronouns and not p.is_noun_near(at + 2)
    return word in p.lexicon.unreported_openers


def _is_main_clause(p: Passage, start: int) -> bool:
    """ "sagte, die USA hielten sich daran": a subject and its verb, whatever the mood. No apposition is like that."""
    verb = p.verb
    if verb is None or verb.frame is not Frame.SAY or p.tokens[p.at].lower.endswith("en"):
        return False
    end = noun_phrase(p, start, p.end)
    if end is None or end + 1 >= p.end or not is_nominative(p, start):
        return False
    token = p.tokens[end]
    if token.segment >= 0:
        return True
    return (
        token.is_word
        and token.surface.islower()
        and token.lower not in p.lexicon.function_words
        and token.lower.endswith(("t", "te", "ten", "en"))
        and not p.tokens[end + 1].is_capitalised
    )


def _is_reported_main_clause(p: Passage, start: int) -> bool:
    """Its mood shows, and the next comma does not come before a noun has."""
    if start < p.end and p.tokens[start].lower in p.lexicon.conjunctions - p.lexicon.reported_conjunctions:
        return False
    stop = min(p.end, start + MOOD_REACH)
    for at in range(start, stop - 1):
        if p.tokens[at].surface == "," and _opens_that(p, at + 1):
            stop = at
            break
        if p.tokens[at + 1].surface == "," and reporting_verb_at(p, at, p.end) is not None:
            stop = at
            break
    return has_reported_mood(p, start, stop)


def infinitive_end(p: Passage, start: int) -> int | None:
    """Behind the infinitive with "zu" that the clause from `start` on has; None if it has none."""
    for at in range(start, min(p.end, start + MOOD_REACH)):
        lower = p.tokens[at].lower
        if lower == "zu" and at + 1 < p.end:
            follower = p.tokens[at + 1].surface
            if follower.islower() and follower.endswith("n") and p.tokens[at + 1].lower not in p.lexicon.no_infinitives:
                return at + 2
        if lower.endswith("n") and p.tokens[at].surface.islower() and _infixed_zu().fullmatch(lower):
            return at + 1
        if p.tokens[at].surface in {";", ":", "\n"} or (p.tokens[at].surface == "," and _opens_that(p, at + 1)):
            return None
    return None


def _opens_that(p: Passage, at: int) -> bool:
    return p.is_at(at, *p.lexicon.that_conjunctions)


@cache
def _infixed_zu() -> re.Pattern[str]:
    """ "einzuhalten"."""
    lexicon = load_lexicon("de")
    assert lexicon is not None
    return re.compile(f"(?:{'|'.join(lexicon.separable_particles)})zu\\w+n")
