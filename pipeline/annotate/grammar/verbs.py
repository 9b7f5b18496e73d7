"""Reporting verbs in their place: finite forms with the particle they need."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.view import Token, View
from pipeline.annotate.lexicon import Frame, Lexicon, Verb

SHORTEST_APART = 4
"""Letters of a particle that may stand as a word of its own before its verb: "bekannt gab", not "zu geben"."""
_GOES_ON = frozenset({"und", "oder", "sowie", "aber", "wie", "als", "dass", "ob", "was"})


def verb_at(view: View, at: int, stop: int) -> Verb | None:
    """The verb that quotes whose finite form stands at `at`, if the particle it needs follows before `stop`."""
    verb = reporting_verb_at(view, at, stop)
    return verb if verb is not None and verb.frame is not Frame.CLAUSE else None


def reporting_verb_at(view: View, at: int, stop: int) -> Verb | None:
    """The verb that quotes or reports a clause whose finite form stands at `at`, with the particle it needs."""
    tokens, lexicon = view.tokens, view.lexicon
    token = tokens[at]
    candidates = lexicon.verbs.get(token.lower)
    if not candidates or token.segment >= 0 or (at and _is_noun(token, tokens[at - 1], lexicon)):
        return None
    if lexicon.language == "de" and _is_infinitive(view, at):
        return None
    plain = None
    for verb in candidates:
        if verb.needs is None:
            plain = plain or (verb if verb.frame is not Frame.NONE else None)
        elif particle_of(view, at, stop, verb) is not None:
            return verb if verb.frame is not Frame.NONE else None
    return plain


def _ends_clause(view: View, at: int) -> bool:
    """A particle does: "an Bord" and "zu gehen" are none."""
    follower = view.tokens[at + 1] if at + 1 < len(view.tokens) else None
    return follower is None or not follower.is_word or follower.lower in _GOES_ON


def _is_infinitive(view: View, at: int) -> bool:
    """ "zu bemerken", "entscheiden muss"."""
    tokens = view.tokens
    if at and tokens[at - 1].lower == "zu":
        return True
    return at + 1 < len(tokens) and tokens[at].lower.endswith("en") and tokens[at + 1].lower in view.lexicon.modals


def particle_of(view: View, at: int, stop: int, verb: Verb) -> int | None:
    """Where the particle stands that the verb at `at` needs; None if it is not there or none is needed.

    It stands behind the verb, or right before it at the end of a clause: "wie das Amt bekannt gab".
    """
    tokens = view.tokens
    if verb.needs is None:
        return None
    if at and tokens[at - 1].lower == verb.needs and len(verb.needs) >= SHORTEST_APART:
        return at - 1
    if verb.needs == "sich":
        for position in range(at - 1, max(-1, at - REACH), -1):
            if tokens[position].lower == "sich":
                return position
            if tokens[position].surface in {",", ".", "\n"}:
                break
    for position in range(at + 1, min(stop, at + REACH)):
        lower = tokens[position].lower
        if verb.is_separable and lower == verb.needs and not _ends_clause(view, position):
            continue
        if lower == verb.needs or (verb.needs == "von" and lower == "vom"):
            return position
    return None


def _is_noun(token: Token, before: Token, lexicon: Lexicon) -> bool:
    """ "the claims", "United States", "in Sagen und Märchen"."""
    if lexicon.language == "en":
        return token.is_capitalised or before.lower in lexicon.determiners_nominative
    return token.is_capitalised and before.surface not in {".", "!", "?", "\n", "“"}
