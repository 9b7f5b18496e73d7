"""Where the clause begins that an English reporting verb has behind it without "that", and what makes it one."""

from __future__ import annotations

from pipeline.annotate.grammar.passages import Passage
from pipeline.annotate.grammar.phrases import noun_phrase

MOST_BARE_WORDS = 3
"""Of a subject without an article: "larger clinical trials"."""


def clause_start(p: Passage) -> int | None:
    """Where subject and verb begin behind the reporting verb, past adverbs, dates and whoever is told."""
    start = p.at + 1
    if p.is_at(p.at, "told", "tell", "tells", "telling", "warned", "informed", "assured", "informs", "assures"):
        addressee = noun_phrase(p, start, p.end)
        if addressee is None:
            return None
        start = addressee
    while start < p.high and (
        p.tokens[start].lower in p.lexicon.adverbs - {"here", "there"}
        or p.tokens[start].lower in p.lexicon.weekdays | {"on", "last"}
    ):
        start += 1
    return start if start < p.end and has_subject_and_verb(p, start) else None


def has_subject_and_verb(p: Passage, start: int) -> bool:
    if p.is_at(start, "there"):
        return True
    end = noun_phrase(p, start, p.end) or _bare_noun_end(p, start)
    if end is None:
        return False
    for at in range(end, min(p.end, end + 10)):
        token = p.tokens[at]
        if token.surface in {";", ":", "\n"}:
            return False
        if may_be_finite(token.lower, p) and token.segment < 0:
            return True
    return False


def _bare_noun_end(p: Passage, start: int) -> int | None:
    """ "morale was", "larger trials were": the end of a subject without an article, right before its verb."""
    for at in range(start, min(p.end, start + MOST_BARE_WORDS + 1)):
        token = p.tokens[at]
        if token.lower in p.lexicon.finite_verbs or token.lower in p.lexicon.auxiliaries:
            return at if at > start else None
        if not token.is_word or token.is_capitalised or token.lower in p.lexicon.function_words:
            return None
    return None


def may_be_finite(word: str, p: Passage) -> bool:
    if word in p.lexicon.finite_verbs or word in p.lexicon.auxiliaries or word in p.lexicon.verbs:
        return True
    return word.endswith("ed") and len(word) > 4
