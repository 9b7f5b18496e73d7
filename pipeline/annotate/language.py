"""Which language a text is written in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

LEAST_CHARS = 40
"""Shorter texts are names and headlines, where detection guesses."""
SAMPLE_CHARS = 1000
"""More text does not change the outcome, only the time it takes."""
LEAST_CONFIDENCE = 0.5
SURE = 0.9
"""A detected language overrules the declared one from this confidence on: pages often declare a wrong one."""
_NAMES = """
ar bg bn ca cs da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko lb lt lv mk ms mt nl no pl pt ro
ru sk sl sq sr sv sw ta th tr uk ur vi xh zh zu
"""
LANGUAGES = frozenset(_NAMES.split())
"""Where the outlets that newsledger reads write; more candidates only make similar languages compete."""


@cache
def _identifier() -> LanguageIdentifier:
    """Loaded at the first use: it takes a tenth of a second and tens of megabytes."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def detect_language(text: str) -> tuple[str | None, float | None]:
    """ISO 639-1 code and confidence (0 to 1), or (None, None) for a text too short or too mixed to tell."""
    sample = text[:SAMPLE_CHARS]
    if sum(map(str.isalpha, sample)) < LEAST_CHARS:
        return None, None
    code, confidence = _identifier().classify(sample)
    if confidence < LEAST_CONFIDENCE:
        return None, None
    return str(code), round(float(confidence), 4)


def tell_language(text: str, declared: str | None) -> tuple[str | None, float | None]:
    """The text's language (ISO 639-1), as detected, with the confidence (0 to 1), or as declared, without one."""
    detected, confidence = detect_language(text)
    if declared is not None and (detected is None or confidence is None or confidence < SURE):
        return declared, None
    return detected, confidence
