"""Participles beside a subject: "Speaking to the BBC, Marsh said …, adding: …", "men heard in court said"."""

from __future__ import annotations

from pipeline.annotate.grammar.attribution import Situation
from pipeline.annotate.grammar.phrases import is_nominative, noun_phrase
from pipeline.annotate.grammar.verbs import reporting_verb_at
from pipeline.annotate.grammar.view import Range, Token, View

_IRREGULAR = frozenset({"seen", "written", "made", "held", "sent", "led", "known", "given", "shown", "built", "hurt"})


def described_by_participle(s: Situation, low: int, verb: int) -> Range | None:
    """ "Residents interviewed in the hall said": the phrase before a participle that says more of it."""
    tokens = s.tokens
    start = next((at + 1 for at in range(verb - 1, low - 1, -1) if tokens[at].surface in {",", ";", ":", "–"}), low)
    end = noun_phrase(s, start, verb)
    if end is None or end + 1 >= verb or not is_nominative(s, start):
        return None
    if end - start > 1 and _is_participle(tokens[end - 1]):
        end -= 1
    if not _is_participle(tokens[end]) or tokens[end + 1].lower not in s.lexicon.prepositions:
        return None
    between = tokens[end + 1 : verb]
    is_one_clause = not any(token.lower in s.lexicon.auxiliaries | s.lexicon.conjunctions for token in between)
    return (start, end) if is_one_clause else None


def _is_participle(token: Token) -> bool:
    return token.surface.islower() and (token.lower.endswith("ed") or token.lower in _IRREGULAR)


def main_verb(s: Situation, low: int, verb: int) -> int | None:
    """ "Marsh said the dam was safe, adding: …": the verb before whose subject also is that of the participle."""
    if s.tokens[verb - 1].surface != "," or not s.tokens[verb].lower.endswith("ing"):
        return None
    return next(
        (
            at
            for at in range(verb - 2, low - 1, -1)
            if not s.tokens[at].lower.endswith("ing") and reporting_verb_at(s, at, verb) is not None
        ),
        None,
    )


def opens_with_participle(view: View, at: int, stop: int) -> bool:
    """ "Speaking to the BBC", "Asked about the dam": a capital makes no subject of it."""
    lexicon = view.lexicon
    if lexicon.language != "en" or at + 1 >= stop or not view.tokens[at].lower.endswith(("ing", "ed")):
        return False
    follows = lexicon.prepositions | lexicon.determiners_nominative | lexicon.conjunctions
    return view.tokens[at + 1].lower in follows - {"and"}
