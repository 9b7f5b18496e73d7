"""The text of the body as blocks: the page's own lines, of which trafilatura says which are the article.

trafilatura is right about most lines. But it may take the first of several pieces of the body, glue paragraphs into
one, drop lines in `div`s, or find nothing. So its answer only selects among the lines of `page.flow`. Lines that are
marked up like selected ones are added; if it found little of the prose, the largest piece of prose is taken instead.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.settings import Extractor

from pipeline.errors import PageError
from pipeline.events import Block, BlockKind
from pipeline.extract.boilerplate.lines import MAX_LINKED_CHARS
from pipeline.extract.page.flow import Line
from pipeline.extract.page.region import PROSE_CHARS
from pipeline.extract.page.text import normal, plain, tidy

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
"""trafilatura's complaints are not logged: a failure is recorded as an event with a reason."""

MIN_SHARE_OF_PROSE = 0.2
"""If trafilatura returns less than this share of the largest piece of prose, its answer is not used."""
MIN_CLEAR_CHARS = 400
"""A page with less prose than this may have its article elsewhere."""
_ANCHOR_CHARS = 30
"""A line with this many letters is unlikely to stand in the article and beside it, too."""
_BEGINNING_CHARS = 60
_MIN_LINKED_SHARE = 0.4
_MIN_SENTENCE_WORDS = 5
_SENTENCE_END = re.compile(r"[.!?…:][\"'”“»«’)\]]*$")
_NUMBERS = re.compile(r"\d+")

_INLINE = ("abbr", "b", "big", "cite", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
_BOXES = frozenset({"article", "body", "div", "main", "ol", "section", "ul"})
"""Elements whose names trafilatura may read."""
_OPTIONS = Extractor(fast=True, comments=False, tables=True)
"""Another version of trafilatura or other options need a new producer number. Metadata is off because it is read
elsewhere, deduplication because it keeps state between pages. Made once, because it reads a configuration file."""
_ITEMS = frozenset({BlockKind.LIST, BlockKind.TABLE})

_Place: TypeAlias = tuple[str, str, str, str]


def body_blocks(root: HtmlElement, lines: Sequence[Line], url: str) -> tuple[list[Block], list[str]]:
    """The article's blocks among the lines of the cleaned body, and the texts of the lines that are not among them.

    The tree is spent: the head is emptied, because trafilatura would take the text of paywalled articles from there.
    """
    prose = [is_prose(line) for line in lines]
    chosen = _only_choice(lines, prose)
    if chosen is None:
        for element in root.findall("head"):
            element.clear()
        _simplify(root)
        chosen = _chosen(lines, _trafilatura_text(root, url))
        if _is_poor(lines, chosen, prose):
            chosen = list(_of_largest_piece(lines, prose))
        else:
            chosen = _completed(lines, chosen, prose)
    blocks = [Block(kind=line.kind, text=line.text) for line, is_one in zip(lines, chosen, strict=True) if is_one]
    return blocks, [line.text for line, is_one in zip(lines, chosen, strict=True) if not is_one]


def is_prose(line: Line) -> bool:
    """Whether the line reads like a paragraph: it is long, or a sentence, and not mostly a link."""
    if line.linked_chars * 2 >= len(line.text) or line.kind is BlockKind.SUBHEADING:
        return False
    if len(line.text) >= PROSE_CHARS:
        return True
    return bool(_SENTENCE_END.search(line.text)) and len(line.text.split()) >= _MIN_SENTENCE_WORDS


def _only_choice(lines: Sequence[Line], prose: Sequence[bool]) -> list[bool] | None:
    """The text of a page whose prose is all in one element, with only sentences and headings among it.

    None for other pages: trafilatura is asked where there is something to choose.
    """
    piece = _largest_piece(lines, prose)
    inside = [piece in _holders(line) for line in lines]
    numbers = [number for number, is_one in enumerate(prose) if is_one]
    if piece is None or sum(len(lines[number].text) for number in numbers) < MIN_CLEAR_CHARS:
        return None
    chosen = [False] * len(lines)
    for number, line in enumerate(lines):
        is_linked = line.linked_chars * 2 >= len(line.text)
        if is_linked and not (inside[number] and line.kind is BlockKind.SUBHEADING):
            continue
        if inside[number]:
            is_heading = line.kind is BlockKind.SUBHEADING and numbers[0] < number < numbers[-1]
            if is_linked or not (is_heading or (prose[number] and _SENTENCE_END.search(line.text))):
                return None
            chosen[number] = True
        elif prose[number] or piece in line.element.iterancestors():
            return None
    return chosen


def _chosen(lines: Sequence[Line], answer: str) -> list[bool]:
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


def _completed(lines: Sequence[Line], chosen: Sequence[bool], prose: Sequence[bool]) -> list[bool]:
    """Add lines of which trafilatura chose the neighbours.

    These are prose in one element with chosen lines, or in elements with the same names; the other rows and items, if
    most of a table or list is chosen; and the headings of chosen lines.
    """
    numbers = [number for number, is_chosen in enumerate(chosen) if is_chosen]
    if not numbers:
        return list(chosen)
    with_prose = {holder for number in numbers if prose[number] for holder in _holders(lines[number])}
    items: Counter[HtmlElement] = Counter()
    for line, is_chosen in zip(lines, chosen, strict=True):
        if line.kind in _ITEMS:
            items[_holders(line)[-1]] += 1 if is_chosen else -1
    places = {_place(lines[number]) for number in numbers if prose[number]}
    completed = list(chosen)
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if chosen[number] or line.linked_chars * 2 >= len(line.text):
            continue
        is_among = numbers[0] < number < numbers[-1] and not with_prose.isdisjoint(_holders(line))
        if line.kind is BlockKind.SUBHEADING:
            completed[number] = is_among and completed[number + 1]
        elif line.kind in _ITEMS:
            completed[number] = items[_holders(line)[-1]] > 0 or (line.kind is BlockKind.TABLE and is_among)
        elif prose[number] and _SENTENCE_END.search(line.text):
            place = _place(line)
            completed[number] = is_among or (any(place[1::2]) and place in places and len(line.text) >= PROSE_CHARS)
    return completed


def _holders(line: Line) -> tuple[HtmlElement, ...]:
    """The line's element and its parent."""
    parent = line.element.getparent()
    return (line.element,) if parent is None else (line.element, parent)


def _place(line: Line) -> _Place:
    """The tags and classes of the line's element and its parent, without numbers: `part-1` is like `part-2`."""
    element = line.element
    parent = element.getparent()
    names = (element, parent if parent is not None else element)
    (tag, own), (outer, around) = ((str(one.tag), _NUMBERS.sub("", one.get("class") or "")) for one in names)
    return tag, own, outer, around


def _is_poor(lines: Sequence[Line], chosen: Sequence[bool], prose: Sequence[bool]) -> bool:
    """Whether little of the largest piece of prose is chosen, and little prose beside it."""
    piece = _largest_piece(lines, prose)
    held = found = 0
    for line, is_chosen, is_one in zip(lines, chosen, prose, strict=True):
        if is_one:
            held += len(line.text) * (piece in _holders(line))
            found += len(line.text) * is_chosen
    return found < MIN_SHARE_OF_PROSE * held


def _largest_piece(lines: Sequence[Line], prose: Sequence[bool]) -> HtmlElement | None:
    """The element that holds most prose, in its own lines and those of its children."""
    held: Counter[HtmlElement] = Counter()
    for line, is_one in zip(lines, prose, strict=True):
        for holder in _holders(line) if is_one else ():
            held[holder] += len(line.text)
    return max(held, key=held.__getitem__, default=None)


def _of_largest_piece(lines: Sequence[Line], prose: Sequence[bool]) -> Iterator[bool]:
    """The lines of the largest piece of prose, and of the pieces with the same names, that are not mostly links."""
    piece = _largest_piece(lines, prose)
    places = {_place(line) for line, is_one in zip(lines, prose, strict=True) if is_one and piece in _holders(line)}
    for line, is_one in zip(lines, prose, strict=True):
        is_inside = piece is not None and (piece in _holders(line) or piece in line.element.iterancestors())
        is_alike = is_one and _place(line) in places and any(_place(line)[1::2])
        yield (is_inside or is_alike) and line.linked_chars * 2 < len(line.text)


def linked_lines(lines: Sequence[Line]) -> frozenset[str]:
    """The lines that consist mostly of links, normalized by `normal`."""
    return frozenset(
        normal(line.text)
        for line in lines
        if len(line.text) <= MAX_LINKED_CHARS and line.linked_chars >= _MIN_LINKED_SHARE * len(line.text)
    )


def declared_paragraphs(body: str) -> list[str]:
    """The paragraphs of a declared `articleBody`."""
    return [text for text in map(plain, body.splitlines()) if text]


def _simplify(root: HtmlElement) -> None:
    """Remove inline elements and the names of lines, for which trafilatura takes time and drops text."""
    etree.strip_tags(root, *_INLINE)
    for element in root.iter("*"):
        if element.tag not in _BOXES:
            element.attrib.clear()


def _trafilatura_text(root: HtmlElement, url: str) -> str:
    """Run trafilatura 2.3.1 on a copy of the tree; return the words of its answer, between spaces."""
    try:
        document = trafilatura.bare_extraction(root, options=_OPTIONS)
    except Exception as exc:  # trafilatura raises whatever a hostile page makes its code raise
        raise PageError("broken", f"{url}: {type(exc).__name__} in trafilatura: {exc}") from exc
    answer: Any = getattr(document, "body", None)
    return f" {normal(tidy(' '.join(map(str, answer.itertext()))))} " if answer is not None else ""
