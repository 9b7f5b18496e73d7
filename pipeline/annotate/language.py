"""The language of a text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

LEAST_CHARS = 40
"""Fewest letters of a text whose language is detected. Shorter texts are names and headlines; detection guesses."""
SAMPLE_CHARS = 250
"""Detection reads this many characters, about forty words. More text takes longer and does not change the result."""
LEAST_CONFIDENCE = 0.5
SURE = 0.9
"""With at least this confidence the detected language replaces the declared one; pages often declare a wrong one."""
_NAMES = """
ar bg bn ca cs da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko lb lt lv mk ms mt nl no pl pt ro
ru sk sl sq sr sv sw ta th tr uk ur vi xh zh zu
"""
LANGUAGES = frozenset(_NAMES.split())
"""The languages of the outlets that newsledger reads. With more candidates, similar languages are mixed up."""


@cache
def _identifier() -> LanguageIdentifier:
    """The model, loaded at its first use because that takes a tenth of a second and tens of megabytes."""
    from numpy import ascontiguousarray
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    identifier.nb_ptc = ascontiguousarray(identifier.nb_ptc)  # the rows that a text needs are read a third faster
    return identifier


def detect_language(text: str) -> tuple[str | None, float | None]:
    """The language that the words of the text are in, whatever its page declares: its ISO 639-1 code, and the
    confidence (0 to 1). (None, None) if the text is too short or mixes languages."""
    sample = text[:SAMPLE_CHARS]
    if sum(map(str.isalpha, sample)) < LEAST_CHARS:
        return None, None
    code, confidence = _identifier().classify(sample)
    if confidence < LEAST_CONFIDENCE:
        return None, None
    return str(code), round(float(confidence), 4)


def text_language(text: str, declared: str | None) -> tuple[str | None, float | None]:
    """The language to annotate the text in (ISO 639-1): the declared one, without a confidence, or the detected one
    with its confidence if that is at least `SURE` or nothing is declared."""
    detected, confidence = detect_language(text)
    if declared is not None and (detected is None or confidence is None or confidence < SURE):
        return declared, None
    return detected, confidence
