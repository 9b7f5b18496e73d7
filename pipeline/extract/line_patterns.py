"""What a rule about a whole block of text is made of. The rules are in `line_rules.py` and `corrections.py`."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec


class Place(StrEnum):
    """Where in the article a rule holds: a byline is one only above the text, a credit only below it."""

    ANYWHERE = "anywhere"
    HEAD = "head"
    FOOT = "foot"


class LineRule(msgspec.Struct, frozen=True):
    """A whole block of text that is not the article's."""

    id: str
    kind: str
    reason: str
    example: str
    pattern: re.Pattern[str]
    max_chars: int = 240
    place: Place = Place.ANYWHERE


def starting(*alternatives: str) -> re.Pattern[str]:
    """A line that begins so."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})", re.IGNORECASE)


def whole(*alternatives: str) -> re.Pattern[str]:
    """A line that is no more than this."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})\W*$", re.IGNORECASE)


def holding(*needles: str) -> re.Pattern[str]:
    """A line that has all of these, in any order."""
    return re.compile("^" + "".join(rf"(?=.*(?:{needle}))" for needle in needles), re.IGNORECASE)
