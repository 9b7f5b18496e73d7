"""Read the text of elements as a person sees it: white space collapsed, invisible characters removed."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Literal

from lxml.etree import XPath, _Element
from lxml.html import HtmlElement

FORBIDDEN_CHARACTERS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff"
"""Characters that XML 1.0 forbids, and lone surrogates, for use inside a regular expression's character class."""
CAPITALS = "".join(filter(str.isupper, map(chr, range(0x41, 0x530))))
"""Capital letters, Latin (also with accents), Greek and Cyrillic, for use inside a character class."""
_UNSEEN = re.compile(f"[{FORBIDDEN_CHARACTERS}\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e]")
"""Forbidden characters, soft hyphens, zero-width spaces, direction marks. Joiners stay: some scripts need them."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_WORD = re.compile(r"\w+")
_REMEMBERED = 16
"""Headline, lead and the like are compared with one line after another."""
_SPACE_BEFORE_MARK = re.compile(r" (?=[.,)](?: |$))")
_STRING = XPath("string()", smart_strings=False)
_TEXTS = XPath("descendant::text()", smart_strings=False)
_BLOCKS = frozenset({"p", "div", "li", "section", "header", "h2", "h3"})
_LINE_END = "\x0b"
"""Marks the end of a line. XML forbids this character, so no page's tree contains it."""
_RAW_SHARE = 8
"""Raw text, with indentation and line breaks, is at most this many times longer than the visible text."""


def tidy(text: str) -> str:
    """The text on one line with single spaces, without invisible and forbidden characters."""
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_UNSEEN.sub("", line).split())


def plain(text: str) -> str:
    """A declared value as plain text: tags removed, entities resolved (twice, because many pages escape twice)."""
    if "&" in text:
        text = unescape(unescape(text))
    return tidy(_TAG.sub(" ", text) if "<" in text else text)


def raw_text(element: _Element) -> str:
    """All text of the element and its descendants, with the white space of the markup."""
    return str(_STRING(element)) if len(element) else element.text or ""


def elements_at(path: XPath, element: HtmlElement) -> list[HtmlElement]:
    """The elements that a compiled path finds from the element."""
    found = path(element)
    return [one for one in found if isinstance(one, HtmlElement)] if isinstance(found, list) else []


def first_text(element: _Element) -> str:
    """The first text of the element or of its first descendants, without white space before it."""
    while len(element) and not (element.text or "").strip():
        element = element[0]
    return (element.text or "").lstrip()


def visible_text(element: _Element) -> str:
    """All text of the element and its descendants, tidied."""
    return tidy(raw_text(element))


def separate_lines(root: HtmlElement) -> None:
    """Add a space where a line ends without one; otherwise the words before and after it would be joined."""
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
                span.tail = " "  # a lower-case letter would continue a word that starts with a large initial


def _begin_with_space(element: _Element, place: Literal["text", "tail"]) -> None:
    text = getattr(element, place) or ""
    if not text[:1].isspace():
        setattr(element, place, f" {text}")


def lines_of(element: _Element) -> list[str]:
    """The element's text, split where a reader sees a new line."""
    return [line for line in map(tidy, _marked_text(element).split(_LINE_END)) if line]


def _marked_text(element: _Element) -> str:
    parts = [element.text or ""]
    for child in element:
        end = _LINE_END if child.tag == "br" or child.tag in _BLOCKS else ""
        parts += (end, _marked_text(child), end, child.tail or "")
    return "".join(parts)


def text_within(element: _Element, max_chars: int) -> str | None:
    """The element's text, or None if it is longer than `max_chars`. A much longer text is not tidied, to save time."""
    raw = raw_text(element)
    if len(raw) > max_chars * _RAW_SHARE:
        return None
    text = tidy(raw)
    return text if len(text) <= max_chars else None


def spaced_text(element: _Element) -> str:
    """The text with a space between elements; the parts of a caption, for example, are elements of their own."""
    texts = _TEXTS(element) if len(element) else [element.text or ""]
    return _SPACE_BEFORE_MARK.sub("", tidy(" ".join(map(str, texts)))) if isinstance(texts, list) else ""


@lru_cache(maxsize=_REMEMBERED)
def words_of(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def count_words(text: str) -> int:
    return len(_WORD.findall(text))


def normal(text: str) -> str:
    """The words in lower case without punctuation, to compare wordings."""
    return " ".join(words_of(text))


def likeness(one: str, other: str) -> float:
    """Number of shared words divided by the number of all words, 0 to 1."""
    left, right = set(words_of(one)), set(words_of(other))
    return len(left & right) / len(left | right) if left and right else 0.0
