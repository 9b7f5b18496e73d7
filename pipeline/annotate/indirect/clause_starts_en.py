"""Where the English clause begins that a verb reports without "that": "said on Monday | the dam was safe"."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import noun_phrase
from pipeline.annotate.indirect.passage import Passage

MOST_BARE_WORDS = 6
"""Most words of a subject without an article: "larger clinical trials", "nine in ten of its members"."""


def clause_start(p: Passage) -> int | None:
    """The start of the clause after the reporting verb, after adverbs, dates and the addressee."""
    start = p.at + 1
    if p.is_in(p.at, p.lexicon.telling_verbs):
        addressee = noun_phrase(p, start, p.end)
        if addressee is None:
            return None
        start = addressee
    while start < p.high and (
        (p.is_in(start, p.lexicon.adverbs) and not p.is_in(start, p.lexicon.place_adverbs))
        or p.is_in(start, p.lexicon.weekdays)
        or p.is_at(start, "on", "last")
    ):
        start += 1
    return start if start < p.end and has_subject_and_verb(p, start) else None


def has_subject_and_verb(p: Passage, start: int) -> bool:
    end = noun_phrase(p, start, p.end) or _bare_noun_end(p, start)
    if end is None or p.is_at(start, "there"):
        return end is not None or p.is_at(start, "there")
    if end - start > 2 and p.tokens[end - 1].surface.islower() and p.tokens[end - 1].surface.endswith("ed"):
        return True  # "believe the gang used a van": no noun follows that the participle could describe
    for at in range(end, min(p.end, end + 10)):
        token = p.tokens[at]
        if token.surface in {";", ":", "\n"}:
            return False
        if may_be_finite(token.lower, p) or (token.segment >= 0 and at == end):
            return True  # "claimed the crew “had no map”"
    return False


def _bare_noun_end(p: Passage, start: int) -> int | None:
    """The end of a subject without an article, right before its verb: "morale was", "larger trials were"."""
    for at in range(start, min(p.end, start + MOST_BARE_WORDS + 1)):
        token = p.tokens[at]
        if token.lower in p.lexicon.finite_verbs or token.segment >= 0:
            return at if at > start else None
        joins = at > start and (token.lower in {"of", "in"} or p.is_at(at - 1, "of", "in"))
        if not token.is_word or (not joins and (token.is_capitalised or token.lower in p.lexicon.function_words)):
            return None
    return None


def may_be_finite(word: str, p: Passage) -> bool:
    return word in p.lexicon.verb_forms or (word.endswith("ed") and len(word) > 4)
