"""Ask trafilatura which lines of a page are its article.

It does not give the text itself, because it may take the first of several pieces of a body, glue paragraphs into one,
drop lines in `div`s, or find nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.settings import Extractor

from pipeline.errors import PageError
from pipeline.extract.page.flow import Line
from pipeline.extract.page.text import normal, tidy

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
"""trafilatura's complaints are not logged: a failure is recorded as an event with a reason."""

_ANCHOR_CHARS = 30
"""A line with this many letters is unlikely to stand in the article and beside it, too."""
_BEGINNING_CHARS = 60
_INLINE = ("abbr", "b", "big", "cite", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
_BOXES = frozenset({"article", "body", "div", "main", "ol", "section", "ul"})
"""Elements whose names trafilatura may read."""
_OPTIONS = Extractor(fast=True, comments=False, tables=True)
"""Another version of trafilatura or other options need a new producer number. Metadata is off because it is read
elsewhere, deduplication because it keeps state between pages. Made once, because it reads a configuration file."""


def chosen_by_trafilatura(lines: Sequence[Line], root: HtmlElement, url: str) -> list[bool]:
    """Which lines are in trafilatura's answer.

    The tree is spent: its head is emptied, because trafilatura would take the text of paywalled articles from there.
    """
    return _in_answer(lines, _trafilatura_text(root, url))


def _in_answer(lines: Sequence[Line], answer: str) -> list[bool]:
    """Which lines are in trafilatura's answer.

    A long line counts wherever it is in the answer. Its beginning is enough, because trafilatura drops text after
    inline elements. A short or repeated line counts only between the lines around it, because it may also be a label
    in the page's frame.
    """
    said = [normal(line.text) for line in lines]
    times = Counter(said)
    is_anchor = [len(text) >= _ANCHOR_CHARS and times[text] == 1 for text in said]
    starts = [-1] * len(lines)
    at = 0
    for number, text in enumerate(said):
        if is_anchor[number]:
            start = answer.find(f" {text} ", at)
            if start < 0:
                start = answer.find(f" {text} ")
            if start < 0:
                start = answer.find(f" {text[:_BEGINNING_CHARS]}") if len(text) > _BEGINNING_CHARS else -1
            starts[number] = start
            at = start + len(text) if start >= 0 else at
    chosen = [start >= 0 for start in starts]
    ends = _next_starts(starts, len(answer))
    at = 0
    for number, text in enumerate(said):
        if starts[number] >= 0:
            at = starts[number] + len(text)
        elif text and not is_anchor[number]:
            start = answer.find(f" {text} ", at, ends[number] + 2)
            if start >= 0:
                chosen[number] = True
                at = start + len(text)
    return chosen


def _next_starts(starts: Sequence[int], end: int) -> list[int]:
    """For each line, where the next long line begins in the answer."""
    following = [end] * len(starts)
    for number in range(len(starts) - 2, -1, -1):
        following[number] = starts[number + 1] if starts[number + 1] >= 0 else following[number + 1]
    return following


def _simplify(root: HtmlElement) -> None:
    """Remove inline elements and the names of lines, for which trafilatura takes time and drops text."""
    etree.strip_tags(root, *_INLINE)
    for element in root.iter("*"):
        if element.tag not in _BOXES:
            element.attrib.clear()


def _trafilatura_text(root: HtmlElement, url: str) -> str:
    """Run trafilatura 2.3.1 on a copy of the tree; return the words of its answer, between spaces."""
    for element in root.findall("head"):
        element.clear()
    _simplify(root)
    try:
        document = trafilatura.bare_extraction(root, options=_OPTIONS)
    except Exception as exc:  # trafilatura raises whatever a hostile page makes its code raise
        raise PageError("broken", f"{url}: {type(exc).__name__} in trafilatura: {exc}") from exc
    answer: Any = getattr(document, "body", None)
    return f" {normal(tidy(' '.join(map(str, answer.itertext()))))} " if answer is not None else ""
