"""Words that somebody is said not to have said."""

from __future__ import annotations

from pipeline.annotate.grammar.attribution import Attribution, Evidence, Situation, rule
from pipeline.annotate.grammar.view import Range

_NOBODY = frozenset({"niemand", "keiner", "keine", "kein", "nobody", "none", "no", "neither", "weder"})
_NEVER = frozenset({"nie", "niemals", "never"})
_COUNTERFACTUAL = frozenset({"hätte", "hätten", "had"})
"""Begin a sentence whose verb tells what was not: Hätte Holm gesagt: „…“"""
_BREAKS = frozenset({",", ";", ":", "–", "—", "\n"})
_REACH = 3
"""Tokens from an English "not" to its verb."""


@rule(
    confidence=0.5,
    evidence=Evidence.ADJACENT,
    matches="Kowalski hat nie gesagt: „Das Wasser sinkt.“",
    misses="Kowalski hat gesagt: „Das Wasser sinkt nie.“",
)
def denied(s: Situation) -> Attribution | None:
    """Hat nie gesagt: „…“; weder X noch Y sagte: „…“: nobody's words. `previous` is what another rule found."""
    found = _with_cue(s)
    if found is None or found.cue is None:
        return None
    is_said_by_nobody = found.speaker is not None and _is_nobody(s, found.speaker)
    if is_said_by_nobody or (_is_of_cue(s, found.cue) and (_is_negated(s, found) or _is_counterfactual(s, found.cue))):
        return Attribution(None, found.cue)
    return None


def _with_cue(s: Situation) -> Attribution | None:
    """What was found; for one without a cue the participle before the colon is it: "hat nie gesagt: „…“"."""
    if s.previous is None or s.previous.cue is not None or not s.is_at(s.at - 1, ":"):
        return s.previous
    is_participle = s.tokens[s.at - 2].lower in s.lexicon.participles
    return Attribution(s.previous.speaker, (s.at - 2, s.at - 1)) if is_participle else s.previous


def _is_nobody(s: Situation, speaker: Range) -> bool:
    first, last = speaker
    is_number_ten = last - first > 1 and s.tokens[first + 1].surface[0].isdigit()  # "No 10 said"
    return (s.tokens[first].lower in _NOBODY and not is_number_ten) or s.is_at(first - 1, "weder", "neither")


def _is_of_cue(s: Situation, cue: Range) -> bool:
    """No other clause is between the cue and the marks: what somebody did not call a scandal is none of theirs."""
    first, last = (cue[1], s.at - 1) if cue[0] < s.at else (s.after, cue[0])
    return not any(token.surface in _BREAKS for token in s.tokens[first:last])


def _is_negated(s: Situation, found: Attribution) -> bool:
    assert found.cue is not None
    first, last = found.cue
    while first > s.first and s.tokens[first - 1].surface not in _BREAKS and first - 1 != s.at:
        first -= 1
    while last < s.end and s.tokens[last].surface not in _BREAKS and last != s.at:
        last += 1
    words = range(first, last)
    if any(s.tokens[at].lower in _NEVER for at in words):
        return True
    if s.lexicon.language == "en":
        near = s.tokens[max(first, found.cue[0] - _REACH) : found.cue[0]]
        is_partial = any(token.lower in {"only", "just", "merely"} for token in near)
        return not is_partial and any(token.lower.endswith(("n't", "n’t")) or token.lower == "not" for token in near)
    behind = {found.cue[0], s.at, last, found.speaker[0] if found.speaker is not None else last}
    return any(
        s.tokens[at].lower == "nicht" and (at + 1 in behind or s.tokens[at + 1].surface in {".", "!"}) for at in words
    )


def _is_counterfactual(s: Situation, cue: Range) -> bool:
    return s.tokens[s.first].lower in _COUNTERFACTUAL and not any(
        token.surface in _BREAKS for token in s.tokens[s.first : cue[0]]
    )
