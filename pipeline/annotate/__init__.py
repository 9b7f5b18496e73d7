"""What an article's text says of whom: its language, the quotations in it and who is quoted.

Pure: text in, values out. `annotate_text` is the way in; `PRODUCER` names the version of its output.
"""

from __future__ import annotations

from pipeline.annotate.annotations import Annotations, Quote, Span
from pipeline.annotate.language import detect_language
from pipeline.annotate.quotes import find_quotes

__all__ = ["PRODUCER", "Annotations", "Quote", "Span", "annotate_text"]

PRODUCER = "annotate@1"
SURE = 0.9
"""A detected language overrules the one given from this confidence on: pages often declare a wrong one."""


def annotate_text(text: str, *, language: str | None = None, title: str | None = None) -> Annotations:
    """The quotations in the text, lines being paragraphs.

    `language` (ISO 639-1) is what the page declares; it decides where the text is too short to tell or detection is
    unsure. `title` is read for names that the text itself only gives as surnames.
    """
    detected, confidence = detect_language(text)
    if language is not None and (detected is None or confidence is None or confidence < SURE):
        detected, confidence = language, None
    return Annotations(language=detected, language_confidence=confidence, quotes=find_quotes(text, detected, title))
