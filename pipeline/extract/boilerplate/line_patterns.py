"""What a rule about a whole block of text is made of. The rules are in `line_rules.py` and beside it."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

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
"""`…, sagte sie.`, `…, the ranger said.`: words told by the article. (Without the full stop it can be a headline.)"""

SENTENCE = (
    r"(?:.*[!?…]\W*$|(?:.*\s)?\S+\s+\S+\s+\S*[^\W\d]{3}\.\W*$"
    r"|.*,\s(?:dass|was|wer|wie|warum|die|der|das|den|that|which|who|what|but)\s)"
)
"""Who owns a picture is not said with a question, with words and a full stop, or with a clause."""


class Place(StrEnum):
    """Where in the article a rule holds: a byline is one only above the text, a credit only below it."""

    ANYWHERE = "anywhere"
    HEAD = "head"
    FOOT = "foot"
    EDGES = "edges"
    """Above the text or below it."""


class LineRule(msgspec.Struct, frozen=True):
    """A whole block of text that is not the article's.

    Many labels are ordinary words (`Zum Thema`, `Jetzt testen`), with which a sentence can begin too. So a pattern
    tells all of the line, not only its beginning, or the mark after the label.
    """

    id: str
    kind: str
    reason: str
    example: str
    pattern: re.Pattern[str]
    max_chars: int = 120
    place: Place = Place.ANYWHERE
    linked: re.Pattern[str] | None = None
    """What is enough in a line that is mostly a link. (Such a line can have twice as many characters.)"""

    def matches(self, text: str, *, is_linked: bool = False) -> bool:
        """Is this line what the rule is about? Never one that begins with a quotation mark, or reports what is said."""
        if len(text) > self.max_chars * (2 if is_linked else 1):
            return False
        found = self.pattern.search(text) or (is_linked and self.linked is not None and self.linked.search(text))
        if not found or _QUOTED.match(text):
            return False
        return self.kind == "correction" or not _REPORTED.search(text)


def starting(*alternatives: str) -> re.Pattern[str]:
    """A line that begins so."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})", re.IGNORECASE)


def whole(*alternatives: str) -> re.Pattern[str]:
    """A line that is no more than this."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})\W*$", re.IGNORECASE)


def label(*alternatives: str) -> re.Pattern[str]:
    """A line that is no more than this, and no sentence: `Zurück`, not `Zurück.`"""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})[^\w.!?]*$", re.IGNORECASE)


def holding(*needles: str) -> re.Pattern[str]:
    """A line that has all of these, in any order."""
    return re.compile("^" + "".join(rf"(?=.*(?:{needle}))" for needle in needles), re.IGNORECASE)
