"""Rules for the notices with which outlets say that they corrected an article. A notice is a field of its own."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from pipeline.extract.boilerplate.line_patterns import LineRule, Place, any_pattern, starting
from pipeline.extract.page.text import text_within

_MIN_NOTICE_CHARS = 20
_MAX_NOTICE_CHARS = 900
_REASON = "The outlet's correction is about the article, and worth knowing by itself."

_LABEL = (
    r"(?:korrektur|berichtigung|anmerkung(?: der redaktion)?|(?:redaktioneller )?hinweis(?: der redaktion)?"
    r"|transparenzhinweis|anm\. ?d\. ?red\.)\W+"
)
_LABEL_EN = r"(?:(?:editor(?:[’']?s|s[’'])?|publisher[’']?s) note|update)\W+"
_EARLIER = r"in eine[rm] (?:früheren|vorherigen|ersten|älteren|ursprünglichen)"
_ITSELF = r"(?:(?:dieses|des) (?:artikels|textes|beitrags|berichts)|dieser meldung)"
_THIS = r"this (?:article|story|piece|post|obituary|page|report|review)"

CORRECTIONS = (
    LineRule(
        id="earlier_version",
        kind="correction",
        reason=_REASON,
        example="In einer früheren Version dieses Artikels hieß es, der Deich sei 1962 gebaut worden.",
        pattern=starting(
            rf"{_LABEL}{_EARLIER} (?:version|fassung|variante|meldung|überschrift)\b",
            rf"{_EARLIER} (?:version|fassung|variante|überschrift) {_ITSELF}\b",
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="earlier_version_unnamed",
        kind="correction",
        reason="The line does not say which text had the earlier version. Above or below the text, it is the article.",
        example="In einer früheren Version hieß es, der Deich sei 1962 gebaut worden.",
        pattern=starting(
            rf"{_EARLIER} (?:version|fassung|überschrift)\s*,?\s*(?:hieß es|stand|haben wir|hatten wir)\b"
        ),
        max_chars=_MAX_NOTICE_CHARS,
        place=Place.EDGES,
    ),
    LineRule(
        id="correction_label",
        kind="correction",
        reason=_REASON,
        example="Correction: the council met on Tuesday, not on Monday.",
        pattern=starting(
            r"(?:korrektur(?:hinweis)?|berichtigung|richtigstellung|correction|clarification|rectificatif|corrección)\b"
            r"\s*(?:\([^)]{0,40}\)|vom [\d. ]+|, [\w .]{3,30})?\s*:",
            rf"{_LABEL}wir haben .{{2,80}} (?:korrigiert|berichtigt|präzisiert)",
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="was_amended",
        kind="correction",
        reason=_REASON,
        example="This article was amended on 3 May 2025 to give the right height of the dam.",
        pattern=starting(
            rf"(?:{_LABEL_EN})?{_THIS} (?:was|has been|originally|previously|initially|incorrectly|mis\w+)\b.{{0,100}}?"
            r"\b(?:(?:amended|corrected|clarified|updated)(?=\W*$| (?:on|to|in|after|because)\b)"
            r"|misstated|misidentified|incorrect(?:ly)?|in error|erroneously)",
            rf"(?:{_LABEL_EN})?(?:(?:an earlier|a previous|the original) version of|the headline (?:of|on)) {_THIS}\b",
        ),
        max_chars=_MAX_NOTICE_CHARS,
    ),
    LineRule(
        id="was_corrected_german",
        kind="correction",
        reason=_REASON,
        example="Wir haben den Fehler korrigiert.",
        pattern=starting(
            r"wir haben (?:den|die|das|diesen|dies) .{0,40}\b(?:fehler|stelle|textstelle|passage|artikel|text|beitrag"
            r"|überschrift|bildunterschrift|schreibweise)\b.{0,40} (?:korrigiert|berichtigt)",
            r"(?:der|dieser) (?:artikel|text|beitrag) wurde .{0,60}(?:korrigiert|berichtigt)",
        ),
        max_chars=_MAX_NOTICE_CHARS,
        place=Place.EDGES,
    ),
)


_ANY = any_pattern(rule.pattern for rule in CORRECTIONS)


def corrections_in(box: HtmlElement) -> Iterator[str]:
    """The correction notices in a footer or box that is about to be removed."""
    for line in box.iter("p", "li", "small", "div"):
        text = text_within(line, _MAX_NOTICE_CHARS) if line.tag != "div" or len(line) == 0 else None
        if (
            text
            and len(text) >= _MIN_NOTICE_CHARS
            and _ANY.match(text)
            and any(rule.matches(text) for rule in CORRECTIONS)
        ):
            yield text
