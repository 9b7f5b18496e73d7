"""Reporting verbs with the particles that they need, and the German mood of reported speech."""

from __future__ import annotations

import re
from functools import cache

from pipeline.annotate.grammar.phrases import REACH, is_attribute_de, is_noun_before_verb
from pipeline.annotate.grammar.tokens import Token, View
from pipeline.annotate.lexicon import Frame, Lexicon, Verb

SHORTEST_APART = 4
"""Fewest letters of a particle that may be a separate word before its verb: "bekannt gab", but not "zu geben"."""


def verb_at(view: View, at: int, stop: int) -> Verb | None:
    """The quoting verb, if a finite form of one is at `at` and the particle that it needs stands before `stop`."""
    verb = reporting_verb_at(view, at, stop)
    return verb if verb is not None and verb.frame is not Frame.CLAUSE else None


def reporting_verb_at(view: View, at: int, stop: int) -> Verb | None:
    """The same for any reporting verb: one that quotes, or one that only reports a clause."""
    tokens, lexicon = view.tokens, view.lexicon
    token = tokens[at]
    candidates = lexicon.verbs.get(token.lower)
    if not candidates or token.segment >= 0 or (at and _is_noun(token, tokens[at - 1], lexicon)):
        return None
    if not lexicon.is_german and (is_noun_before_verb(view, at) or _is_purpose(view, at) or _has_article(view, at)):
        return None
    if _is_intended(view, at):
        return None
    if lexicon.is_german and (_is_infinitive(view, at) or _is_aside(view, at)):
        return None
    plain = None
    for verb in candidates:
        if verb.needs is None:
            plain = plain or (verb if verb.frame is not Frame.NONE else None)
        elif particle_of(view, at, stop, verb) is not None:
            return verb if verb.frame is not Frame.NONE else None
    return plain


def participle_after(view: View, at: int) -> int | None:
    """The participle from `at` on that belongs to an auxiliary before: "hatte Holm erklärt"; None if it is missing."""
    for position in range(at, min(view.end, at + 25)):
        if view.tokens[position].lower in view.lexicon.participles and view.tokens[position].segment < 0:
            return position
        if view.tokens[position].surface in {":", ";"}:
            return None
    return None


def _is_purpose(view: View, at: int) -> bool:
    """True if an English infinitive reports nothing: "too early to comment on it", but not "went on to say that"."""
    if not at or view.tokens[at - 1].lower != "to" or at + 1 >= len(view.tokens):
        return False
    follower = view.tokens[at + 1]
    is_quoting = follower.segment >= 0 or follower.surface in {"that", ":", ","}
    return _is_base_form(view.tokens[at], view.lexicon) and not is_quoting


def _is_intended(view: View, at: int) -> bool:
    """True if nothing was said yet: "will say", "should say", "will am Montag sagen"."""
    tokens, lexicon = view.tokens, view.lexicon
    if not lexicon.is_german:
        return at > 0 and tokens[at - 1].lower in lexicon.intentions and not tokens[at].lower.endswith("ed")
    if not tokens[at].lower.endswith("en") or (at + 1 < len(tokens) and tokens[at + 1].is_word):
        return False
    for place in range(at - 1, max(view.first, at - REACH) - 1, -1):
        if tokens[place].surface in {",", ";", ":", ".", "\n"}:
            return False
        if tokens[place].lower in lexicon.intentions:
            return True
    return False


def _has_article(view: View, at: int) -> bool:
    """True if an English base form is a noun after an article and an adjective: "a handwritten note"."""
    return at > 1 and view.tokens[at - 2].lower in {"a", "an"} and _is_base_form(view.tokens[at], view.lexicon)


def _is_base_form(token: Token, lexicon: Lexicon) -> bool:
    return any(verb.lemma == token.lower for verb in lexicon.verbs.get(token.lower, ()))


def _ends_clause(view: View, at: int) -> bool:
    """True if the particle ends its clause. "an Bord" and "zu gehen" have no particle."""
    follower = view.tokens[at + 1] if at + 1 < len(view.tokens) else None
    return follower is None or not follower.is_word or follower.lower in view.lexicon.after_particle


def _is_aside(view: View, at: int) -> bool:
    """True if the verb ends a note in parentheses: "(die Abendpost berichtete)"."""
    if at + 1 >= len(view.tokens) or view.tokens[at + 1].surface != ")":
        return False
    opening = view.find_back(at, max(0, at - REACH), "(")
    return opening is not None and not any(token.segment >= 0 for token in view.tokens[opening:at])


def _is_infinitive(view: View, at: int) -> bool:
    """True if the form is an infinitive: "zu bemerken", "entscheiden muss", "feststellen lassen"."""
    tokens = view.tokens
    if at and tokens[at - 1].lower == "zu":
        return True
    if at + 1 >= len(tokens) or not tokens[at].lower.endswith("en"):
        return False
    return tokens[at + 1].lower in view.lexicon.modals or tokens[at + 1].lower == "lassen"


def particle_of(view: View, at: int, stop: int, verb: Verb) -> int | None:
    """The position of the particle that the verb at `at` needs; None if it is missing or the verb needs none.

    It stands after the verb, or right before it at the end of a clause: "wie das Amt bekannt gab".
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
    words = ("von", "vom") if verb.needs == "von" else (verb.needs,)
    for position in range(at + 1, min(stop, at + REACH)):
        if tokens[position].lower not in words:
            continue
        if verb.frame is Frame.NONE and not view.is_german and position > at + 1:
            return None
        if verb.is_separable and (not _ends_clause(view, position) or _is_of_reported_verb(view, at, position)):
            continue
        if view.is_german or not view.is_at(position + 1, "to"):  # "went on to win"
            return position
    return None


def _is_of_reported_verb(view: View, at: int, particle: int) -> bool:
    """True if the particle ends the clause that the verb at `at` reports: "sagte, die Halle reiche nicht | aus"."""
    commas = [place for place in range(at + 1, particle) if view.tokens[place].surface == ","]
    return len(commas) == 1 and any(is_subjunctive(view, place) for place in range(commas[0] + 1, particle))


def _is_noun(token: Token, before: Token, lexicon: Lexicon) -> bool:
    """True if the form is a noun here: "the claims", "United States", "in Sagen und Märchen"."""
    if not lexicon.is_german:  # "the claims", "with dozens of protests", "39 more protests", "demanding answers"
        if token.is_capitalised or before.lower in lexicon.determiners_nominative:
            return True
        may_be_noun = _is_base_form(token, lexicon) or token.lower.endswith("s")
        is_gerund = before.lower.endswith("ing") and len(before.lower) > len("evening")
        is_owner = before.surface.endswith(("'s", "’s"))  # "the mayor's promises"
        follows = before.lower in lexicon.prepositions or is_gerund or is_owner
        return follows and may_be_noun and before.lower != "to"
    return token.is_capitalised and before.surface not in {".", "!", "?", "\n", "“"}


LONGEST_COMPARISON = 25
"""Most tokens from "als ob" to the verb of its clause."""
LONGEST_CONCESSION = 6


def is_subjunctive(view: View, at: int) -> bool:
    """True for Konjunktiv I, which differs from the indicative."""
    return view.lexicon.is_subjunctive(view.tokens[at].surface)


def is_conditional(view: View, at: int) -> bool:
    """Konjunktiv II, which replaces Konjunktiv I where that looks like the indicative: "würden", "hätten"."""
    token = view.tokens[at]
    return token.segment < 0 and token.lower in view.lexicon.conditional


def has_reported_mood(view: View, first: int, end: int) -> bool:
    """True if a form of either is among the tokens. Beside a reporting verb it marks them as reported."""
    return any(
        (is_subjunctive(view, at) or is_conditional(view, at)) and not is_fixed(view, at) for at in range(first, end)
    )


def may_have_finite_verb(view: View, first: int, end: int) -> bool:
    """True if one of the tokens may be a finite verb, or is a clause in marks."""
    lexicon = view.lexicon
    return any(
        token.segment >= 0
        or token.lower in lexicon.verb_forms
        or (
            token.surface.islower()
            and token.lower.endswith(("t", "te", "ten"))
            and token.lower not in lexicon.function_words
            and not is_attribute_de(view, at)
        )
        or is_subjunctive(view, at)
        for at, token in enumerate(view.tokens[first:end], first)
    )


def is_fixed(view: View, at: int) -> bool:
    """True if the form reports nothing, because it is a comparison ("als sei nichts gewesen"), a wish or an idiom."""
    tokens = view.tokens
    before = [token.lower for token in tokens[max(0, at - 3) : at]]
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    word = tokens[at].lower
    if before[-1:] == ["als"] or _compares(view, at):
        return True
    if word == "sei":
        is_choice = after == "es" and before[-1:] in ([","], ["–"], ["—"])
        if is_choice or after in {"denn", "dank"} or before[-2:] == ["dem", "auch"]:
            return True
    if word == "wolle" and before[-2:] in (["was", "es"], ["was", "da"]):
        return bool(_concedes().search(" ".join(token.lower for token in tokens[max(0, at - LONGEST_CONCESSION) : at])))
    return word == "lebe" and before[-1:] == ["es"]


def _compares(view: View, at: int) -> bool:
    """True if the form belongs to a comparison: "als ob nichts gewesen sei", "als wenn"."""
    tokens = view.tokens
    for place in range(at - 1, max(0, at - LONGEST_COMPARISON), -1):
        if tokens[place].lower in {"ob", "wenn"}:
            return tokens[place - 1].lower == "als"
        if tokens[place].surface in {",", ";", ":", ".", "\n"}:
            return False
    return False


def is_instruction(view: View, first: int) -> bool:
    """True if the sentence from `first` begins with an instruction: "Man nehme eine Schaufel und beginne"."""
    tokens = view.tokens
    return (
        first + 1 < len(tokens)
        and tokens[first].lower == "man"
        and tokens[first + 1].lower in view.lexicon.instructions
    )


@cache
def _concedes() -> re.Pattern[str]:
    """Matches "koste es, was es" or "komme, was da" before "wolle"."""
    return re.compile(r"(?:koste es|komme|geschehe|sei es) , was (?:es|da)$")


def says(token: Token, lexicon: Lexicon) -> bool:
    """True for a finite verb that quotes an utterance."""
    return any(verb.frame is Frame.SAY for verb in lexicon.verbs.get(token.surface, ()))
