"""The type of rules about a line (a block of text), and the parts of their patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

_GROUP_NAME = re.compile(r"\(\?P<\w+>")
_QUOTED = re.compile(r"^\s*[„“”\"«»‚‘‹›]")
_SPEECH_VERBS = (
    r"(?:sagt|sagte|sagten|erklärte|betonte|meinte|rief|riefen|fragte|schrieb|heißt es|hieß es"
    r"|said|says|told|added|asked|explained)"
)
_REPORTED = re.compile(
    rf"(?:,|[“”\"«»])\s*(?:(?:(?!(?:was|wie|wer|what|how|who|why)\b)[\w'’]+\s+){{0,3}}?{_SPEECH_VERBS}\b"
    r"|so (?-i:[A-Z])).*[.!?]\W*$",
    re.IGNORECASE,
)
"""`…, sagte sie.`, `…, the ranger said.`: reported speech. (Without the full stop it may be a headline.)"""

SENTENCE = (
    r"(?:.*[!?…]\W*$|(?:.*\s)?\S+\s+\S+\s+\S*[^\W\d]{3}\.\W*$"
    r"|.*,\s(?:dass|was|wer|wie|warum|die|der|das|den|that|which|who|what|but)\s)"
)
"""A sentence: a question, an exclamation, words with a full stop, or a clause. Picture credits are not sentences."""


class Place(StrEnum):
    """Where in the article a rule applies: bylines are above the text, credits below it."""

    ANYWHERE = "anywhere"
    HEAD = "head"
    FOOT = "foot"
    EDGES = "edges"
    """Above the text or below it."""


class LineRule(msgspec.Struct, frozen=True):
    """A line that is not part of the article.

    Many labels are ordinary words (`Zum Thema`, `Jetzt testen`) that may also begin a sentence. So a pattern describes
    the whole line, or the mark after the label, and not only the first words.
    """

    id: str
    kind: str
    reason: str
    example: str
    pattern: re.Pattern[str]
    max_chars: int = 120
    place: Place = Place.ANYWHERE
    needs: tuple[str, ...] = ()
    """Words in lower case; a line without any of them cannot match. They save the search for slow patterns."""
    linked: re.Pattern[str] | None = None
    """A pattern that is sufficient if the line is mostly a link. (Such a line may be twice as long.)"""

    def may_match(self, lowered: str) -> bool:
        """True if a text in lower case has one of the words that the rule needs."""
        return not self.needs or any(word in lowered for word in self.needs)

    def matches(self, text: str, *, is_linked: bool = False) -> bool:
        """True if the rule matches the line. Lines that begin with a quotation mark or report speech never match."""
        if len(text) > self.max_chars * (2 if is_linked else 1):
            return False
        found = self.pattern.match(text) or (is_linked and self.linked is not None and self.linked.match(text))
        if not found or _QUOTED.match(text):
            return False
        return self.kind == "correction" or not _REPORTED.search(text)


def is_speech(text: str) -> bool:
    """True if the line begins with a quotation mark or reports speech."""
    return (_QUOTED.match(text) or _REPORTED.search(text)) is not None


def starting(*alternatives: str) -> re.Pattern[str]:
    """Matches lines that begin with one of these."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})", re.IGNORECASE)


def whole(*alternatives: str) -> re.Pattern[str]:
    """Matches lines that consist of one of these."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})\W*$", re.IGNORECASE)


def label(*alternatives: str) -> re.Pattern[str]:
    """Matches lines that consist of one of these and are not a sentence: `Zurück`, not `Zurück.`"""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})[^\w.!?]*$", re.IGNORECASE)


def holding(*needles: str) -> re.Pattern[str]:
    """Matches lines that contain all of these, in any order."""
    return re.compile("^" + "".join(rf"(?=.*(?:{needle}))" for needle in needles), re.IGNORECASE)


def any_pattern(patterns: Iterable[re.Pattern[str]]) -> re.Pattern[str]:
    """One pattern that matches where any of the patterns does; it is faster than to try each."""
    parts = (
        f"(?i:{_GROUP_NAME.sub('(?:', pattern.pattern)})" if pattern.flags & re.IGNORECASE else pattern.pattern
        for pattern in patterns
    )
    return re.compile("|".join(parts) or r"(?!)")
