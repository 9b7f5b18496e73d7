"""How outlets say that they have corrected an article. Such a notice is a field of its own."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from pipeline.extract.line_patterns import LineRule, starting
from pipeline.extract.text import text_within

_MAX_NOTICE_CHARS = 900
_REASON = "The outlet's correction is about the article, and worth knowing by itself."

CORRECTIONS = (
    LineRule(
        id="earlier_version",
        kind="correction",
        reason=_REASON,
        example="In einer früheren Version hieß es, der Deich sei 1962 gebaut worden.",
        pattern=starting(
            r"(?:(?:korrektur|anmerkung(?: der redaktion)?|(?:redaktioneller )?hinweis(?: der redaktion)?"
            r"|transparenzhinweis|anm\. ?d\. ?red\.)\W+)?"
            r"in eine[rm] (?:früheren|vorherigen|ersten|älteren) (?:version|fassung|variante|meldung|überschrift)\b"
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="correction_label",
        kind="correction",
        reason=_REASON,
        example="Correction: the council met on Tuesday, not on Monday.",
        pattern=starting(
            r"(?:korrektur(?:hinweis)?|berichtigung|richtigstellung|correction|clarification|rectificatif|corrección)\b"
            r"\s*(?:\([^)]{0,40}\)|vom [\d. ]+|, [\w .]{3,30})?\s*:"
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="was_amended",
        kind="correction",
        reason=_REASON,
        example="This article was amended on 3 May 2025 to give the right height of the dam.",
        pattern=starting(
            r"(?:this|(?:an earlier|a previous|the original) version of this)\b.{0,20}"
            r"\b(?:article|story|piece|report|headline|version)\b.{0,100}"
            r"\b(?:amended|corrected|misstated|incorrect(?:ly)?|misidentified|clarified|in error|erroneously)\b"
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="was_corrected_german",
        kind="correction",
        reason=_REASON,
        example="Wir haben den Fehler korrigiert.",
        pattern=starting(
            r"wir haben (?:den|die|das|diesen) .{2,60} (?:korrigiert|berichtigt)",
            r"(?:der|dieser) (?:artikel|text|beitrag) wurde .{0,60}(?:korrigiert|berichtigt)",
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
)


def corrections_in(box: HtmlElement) -> Iterator[str]:
    """The notices of correction in a footer or box that is about to be taken out."""
    for line in box.iter("p", "li", "small", "div"):
        text = text_within(line, _MAX_NOTICE_CHARS) if line.tag != "div" or len(line) == 0 else None
        if text and any(rule.pattern.search(text) for rule in CORRECTIONS):
            yield text
