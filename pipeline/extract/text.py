"""Text as a reader sees it: collapsed white space, no invisible characters."""

from __future__ import annotations

import re
from html import unescape

from lxml.etree import _Element

FORBIDDEN_CHARACTERS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff"
"""What XML 1.0 cannot hold, and lone surrogates: neither belongs in a text. (Inside of a character class.)"""
_UNSEEN = re.compile(f"[{FORBIDDEN_CHARACTERS}\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e]")
"""Also soft hyphens, zero-width spaces and direction marks. Joiners stay: some scripts need them."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_WORD = re.compile(r"\w+")


def tidy(text: str) -> str:
    """One line, single spaces, nothing invisible, nothing that XML or UTF-8 cannot hold."""
    return " ".join(_UNSEEN.sub("", text).split())


def plain(text: str) -> str:
    """A declared value as text: entities resolved (twice: many pages escape twice), tags removed."""
    if "&" in text:
        text = unescape(unescape(text))
    return tidy(_TAG.sub(" ", text) if "<" in text else text)


def visible_text(element: _Element) -> str:
    """All text of the element and its descendants."""
    return tidy("".join(map(str, element.itertext())))


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
