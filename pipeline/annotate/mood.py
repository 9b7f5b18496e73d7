"""German Konjunktiv I, the mood of reported speech, told from the word alone."""

from __future__ import annotations

from functools import lru_cache

from pipeline.annotate.lexicon import Lexicon, load_lexicon
from pipeline.annotate.sentences import Token

_NO_VERBS = frozenset({"zufolge", "demzufolge", "infolge", "anstelle"})


def is_subjunctive(token: Token, lexicon: Lexicon) -> bool:
    """Konjunktiv I that differs from the indicative: "sei", "habe", "komme", "zurücktrete", "informiere"."""
    return token.segment < 0 and token.surface.islower() and _is_form(token.lower, lexicon.language)


def is_conditional(token: Token, lexicon: Lexicon) -> bool:
    """Konjunktiv II, which stands in for it: "würden", "hätten"."""
    return token.segment < 0 and token.lower in lexicon.conditional


def has_reported_mood(tokens: list[Token], first: int, last: int, lexicon: Lexicon) -> bool:
    """Whether a form of either is among the tokens; beside a reporting verb it marks them as reported."""
    return any(is_subjunctive(token, lexicon) or is_conditional(token, lexicon) for token in tokens[first:last])


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
