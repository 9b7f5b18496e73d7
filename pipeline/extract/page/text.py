"""Text as a reader sees it: collapsed white space, no invisible characters."""

from __future__ import annotations

import re
from html import unescape
from typing import Literal

from lxml.etree import XPath, _Element
from lxml.html import HtmlElement

FORBIDDEN_CHARACTERS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff"
"""What XML 1.0 cannot hold, and lone surrogates: neither belongs in a text. (Inside of a character class.)"""
CAPITALS = "".join(filter(str.isupper, map(chr, range(0x41, 0x250))))
"""The capital letters of the Latin scripts: `Élise`, `Łukasz`. (Inside of a character class.)"""
_UNSEEN = re.compile(f"[{FORBIDDEN_CHARACTERS}\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e]")
"""Also soft hyphens, zero-width spaces and direction marks. Joiners stay: some scripts need them."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_WORD = re.compile(r"\w+")
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[.,)](?:\s|$))")
_STRING = XPath("string()", smart_strings=False)
_BLOCKS = frozenset({"p", "div", "li", "section", "header", "h2", "h3"})
_LINE_END = "\x0b"
"""No page's tree can hold it."""
_RAW_SHARE = 8
"""Raw text is at most so many times as long as what is seen of it: indentation, line breaks."""


def tidy(text: str) -> str:
    """One line, single spaces, nothing invisible, nothing that XML or UTF-8 cannot hold."""
    return " ".join(_UNSEEN.sub("", text).split())


def plain(text: str) -> str:
    """A declared value as text: entities resolved (twice: many pages escape twice), tags removed."""
    if "&" in text:
        text = unescape(unescape(text))
    return tidy(_TAG.sub(" ", text) if "<" in text else text)


def raw_text(element: _Element) -> str:
    """All text of the element and its descendants, as it stands in the markup."""
    return str(_STRING(element))


def visible_text(element: _Element) -> str:
    """All text of the element and its descendants."""
    return tidy(raw_text(element))


def part_lines(root: HtmlElement) -> None:
    """Put a space where a line ends without one: the text of elements would glue the words on both sides."""
    for end in root.iter("br"):
        _begin_with_space(end, "tail")
    for heading in root.iter("h1", "h2", "h3"):
        for block in heading.iterdescendants("div", "p", "header"):
            _begin_with_space(block, "tail")
            _begin_with_space(block, "text")
        for span in heading.iterdescendants("span"):
            following = span.getnext()
            if (
                not span.tail
                and following is not None
                and following.tag == "span"
                and raw_text(following)[:1].isupper()
            ):
                span.tail = " "  # after an initial letter the word would go on in lower case


def _begin_with_space(element: _Element, place: Literal["text", "tail"]) -> None:
    text = getattr(element, place) or ""
    if not text[:1].isspace():
        setattr(element, place, f" {text}")


def lines_of(element: _Element) -> list[str]:
    """The element's text, parted where a reader sees a new line."""
    return [line for line in map(tidy, _marked_text(element).split(_LINE_END)) if line]


def _marked_text(element: _Element) -> str:
    parts = [element.text or ""]
    for child in element:
        end = _LINE_END if child.tag == "br" or child.tag in _BLOCKS else ""
        parts += (end, _marked_text(child), end, child.tail or "")
    return "".join(parts)


def text_within(element: _Element, max_chars: int) -> str | None:
    """The element's text, None when it is longer: of a long one no more is read than to know that."""
    raw = raw_text(element)
    if len(raw) > max_chars * _RAW_SHARE:
        return None
    text = tidy(raw)
    return text if len(text) <= max_chars else None


def spaced_text(element: _Element) -> str:
    """Text with a space between elements: a caption's teaser and time line stand in elements of their own."""
    return _SPACE_BEFORE_MARK.sub("", tidy(" ".join(map(str, element.itertext()))))


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def normal(text: str) -> str:
    """The words alone, to compare wordings."""
    return " ".join(words_of(text))


def likeness(one: str, other: str) -> float:
    """Shared words over all words, 0 to 1."""
    left, right = set(words_of(one)), set(words_of(other))
    return len(left & right) / len(left | right) if left and right else 0.0
