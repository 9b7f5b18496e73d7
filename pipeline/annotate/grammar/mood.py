"""German Konjunktiv I, the mood of reported speech, told from the word alone."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pipeline.annotate.grammar.view import Token, View
from pipeline.annotate.lexicon import Lexicon, load_lexicon

LONGEST_COMPARISON = 25
"""Tokens of "als ob …" up to the form."""
LONGEST_CONCESSION = 6
_NO_VERBS = frozenset({"zufolge", "demzufolge", "infolge", "anstelle"})
_INSTRUCTIONS = frozenset(
    {
        "nehme",
        "denke",
        "stelle",
        "beachte",
        "bedenke",
        "vergleiche",
        "gebe",
        "füge",
        "mische",
        "rühre",
        "frage",
        "erinnere",
    }
)
"""What "man" is told to do."""


def is_subjunctive(token: Token, lexicon: Lexicon) -> bool:
    """Konjunktiv I that differs from the indicative: "sei", "habe", "komme", "zurücktrete", "informiere"."""
    return token.segment < 0 and token.surface.islower() and _is_form(token.lower, lexicon.language)


def is_conditional(token: Token, lexicon: Lexicon) -> bool:
    """Konjunktiv II, which stands in for it: "würden", "hätten"."""
    return token.segment < 0 and token.lower in lexicon.conditional


def has_reported_mood(view: View, first: int, last: int) -> bool:
    """Whether a form of either is among the tokens; beside a reporting verb it marks them as reported."""
    tokens = view.tokens
    return any(
        (is_subjunctive(tokens[at], view.lexicon) or is_conditional(tokens[at], view.lexicon))
        and not is_fixed(view, at)
        for at in range(first, last)
    )


def is_fixed(view: View, at: int) -> bool:
    """Whether the form reports nothing: a comparison ("als sei nichts gewesen"), a wish, a set phrase."""
    tokens = view.tokens
    before = [token.lower for token in tokens[max(0, at - 3) : at]]
    behind = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    word = tokens[at].lower
    if before[-1:] == ["als"] or _compares(view, at):
        return True
    if word == "sei":
        is_choice = behind == "es" and before[-1:] in ([","], ["–"], ["—"])
        if is_choice or behind in {"denn", "dank"} or before[-2:] == ["dem", "auch"]:
            return True
    if word == "wolle" and before[-2:] in (["was", "es"], ["was", "da"]):
        return bool(_concedes().search(" ".join(token.lower for token in tokens[max(0, at - LONGEST_CONCESSION) : at])))
    return word == "lebe" and before[-1:] == ["es"]


def _compares(view: View, at: int) -> bool:
    """ "als ob nichts gewesen sei", "als wenn"."""
    tokens = view.tokens
    for place in range(at - 1, max(0, at - LONGEST_COMPARISON), -1):
        if tokens[place].lower in {"ob", "wenn"}:
            return tokens[place - 1].lower == "als"
        if tokens[place].surface in {",", ";", ":", ".", "\n"}:
            return False
    return False


def is_instruction(view: View, first: int) -> bool:
    """ "Man nehme eine Schaufel und beginne": how the sentence from `first` on begins, unless it goes on reporting."""
    tokens = view.tokens
    return first + 1 < len(tokens) and tokens[first].lower == "man" and tokens[first + 1].lower in _INSTRUCTIONS


@cache
def _concedes() -> re.Pattern[str]:
    """ "koste es, was es wolle", "komme, was da wolle"."""
    return re.compile(r"(?:koste es|komme|geschehe|sei es) , was (?:es|da)$")


@lru_cache(maxsize=20_000)
def _is_form(word: str, language: str) -> bool:
    lexicon = load_lexicon(language)
    if lexicon is None or language != "de" or word in _NO_VERBS:
        return False
    if word in lexicon.subjunctive or (word.endswith("iere") and len(word) > 6):
        return True
    return any(
        word.startswith(prefix) and word[len(prefix) :] in lexicon.subjunctive for prefix in lexicon.separable_particles
    )
