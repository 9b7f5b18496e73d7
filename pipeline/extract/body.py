"""The text of the body as blocks: the page's own lines, of which those that belong to the article are chosen.

Most paragraphs of an article stand in elements of the same kind: the same tags up to an element with the same class.
Such a kind is a family. Lines of the families that hold most of the prose are the article's; labels and lines beside
the container of these families are not. trafilatura is asked about the other lines only, and about all lines of a
page whose prose is in no such family. It does not give the text itself, because it may take the first of several pieces
of a body, glue paragraphs into one, drop lines in `div`s, or find nothing.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import msgspec
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

MIN_FAMILY_SHARE = 0.25
"""A family with less than this share of the prose may be a box beside the article."""
MIN_FAMILIES_SHARE = 0.5
"""If the families hold less than this share of the prose together, they are not known to be the article."""
MIN_CLEAR_CHARS = 400
"""A page with less prose than this may have its article elsewhere."""
MIN_SHARE_OF_PROSE = 0.2
"""If trafilatura finds less than this share of the largest family, its answer is not used."""
_ANCHOR_CHARS = 30
"""A line with this many letters is unlikely to stand in the article and beside it, too."""
_BEGINNING_CHARS = 60
_HEADED_LINES = 2
"""A heading belongs to the article if one of this many lines after it does."""
_MIN_LINKED_SHARE = 0.4
_MIN_SENTENCE_WORDS = 4
_SENTENCE_END = re.compile(r"[.!?…:][\"'”“»«’)\]]*$")
_NUMBERS = re.compile(r"\d+")

_INLINE = ("abbr", "b", "big", "cite", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
_BOXES = frozenset({"article", "body", "div", "main", "ol", "section", "ul"})
"""Elements whose names trafilatura may read."""
_LABELLING = frozenset({"article", "div", "section"})
"""Elements whose own short text is a label or a caption."""
_LEVELS: Mapping[BlockKind, int] = {BlockKind.LIST: 2, BlockKind.QUOTATION: 2, BlockKind.TABLE: 1}
"""Levels between such a line and the element that holds it and the paragraphs: an item is in a list."""
_OPTIONS = Extractor(fast=True, comments=False, tables=True)
"""Another version of trafilatura or other options need a new producer number. Metadata is off because it is read
elsewhere, deduplication because it keeps state between pages. Made once, because it reads a configuration file."""

Family: TypeAlias = tuple[object, ...]


class _PlacedLine(msgspec.Struct, frozen=True):
    """A line, and what is asked about it several times."""

    line: Line
    family: Family
    is_prose: bool
    is_linked: bool
    """Whether it is mostly links."""


def body_blocks(root: HtmlElement, lines: Sequence[Line], url: str) -> tuple[list[Block], list[str]]:
    """The article's blocks among the lines of the cleaned body, and the texts of the lines that are not among them.

    The tree is spent: if trafilatura is asked, the head is emptied, because trafilatura would take the text of
    paywalled articles from there.
    """
    candidates = [_placed(line) for line in lines]
    place = _find_place(candidates)
    if place is None:
        chosen = _chosen(lines, _trafilatura_text(root, url))
        if _is_poor(candidates, chosen):
            chosen = list(_of_largest_family(candidates))
    else:
        known = place.judge(candidates)
        answer = _chosen(lines, _trafilatura_text(root, url)) if None in known else [False] * len(lines)
        chosen = [said if is_own is None else is_own for is_own, said in zip(known, answer, strict=True)]
        place.add_headings(candidates, chosen)
    blocks = [Block(kind=line.kind, text=line.text) for line, is_one in zip(lines, chosen, strict=True) if is_one]
    return blocks, [line.text for line, is_one in zip(lines, chosen, strict=True) if not is_one]


def _placed(line: Line) -> _PlacedLine:
    is_linked = line.linked_chars * 2 >= len(line.text)
    reads_like_prose = len(line.text) >= PROSE_CHARS or _is_sentence(line.text)
    is_prose = reads_like_prose and not is_linked and line.kind is not BlockKind.SUBHEADING
    return _PlacedLine(line, family_of(line), is_prose, is_linked)


def _is_sentence(text: str) -> bool:
    return bool(_SENTENCE_END.search(text)) and len(text.split()) >= _MIN_SENTENCE_WORDS


def family_of(line: Line) -> Family:
    """The tags of the line's element and of those around it, up to one with a class, and this class without numbers.

    So `part-1` is like `part-2`. If nothing around the line has a class, the family is the lines in the same element.
    """
    tags = [line.element.tag]
    for around in line.element.iterancestors():
        name = around.get("class")
        tags.append(around.tag)
        if name:
            return (*tags, _NUMBERS.sub("", name))
    return (line.element.tag, line.element.getparent())


class _Place(msgspec.Struct, frozen=True):
    """Where on the page the article is."""

    families: frozenset[Family]
    parents: frozenset[HtmlElement]
    """The elements that hold the families' paragraphs."""
    container: HtmlElement
    """The smallest element that holds all of them."""
    numbers: range
    """The numbers of the lines between the first and the last of them."""

    def judge(self, candidates: Sequence[_PlacedLine]) -> list[bool | None]:
        """Whether each line belongs to the article; None if that is unknown. Headings are not judged here."""
        return [self._is_own(one, is_among=number in self.numbers) for number, one in enumerate(candidates)]

    def _is_own(self, candidate: _PlacedLine, *, is_among: bool) -> bool | None:
        line, element = candidate.line, candidate.line.element
        if line.kind is BlockKind.SUBHEADING:
            return False
        is_kin = candidate.family in self.families
        if candidate.is_linked and line.kind is not BlockKind.TABLE:
            return is_kin and (is_among or _is_sentence(line.text))
        if is_kin:
            return True
        if not self._holds(element):
            is_near = element.tag == "p" and self.container.getparent() in element.iterancestors()
            return None if is_near and candidate.is_prose else False
        if line.kind is BlockKind.PARAGRAPH and element.tag in _LABELLING:
            is_beside = is_among and element.getparent() in self.parents
            return element in self.parents or (is_beside and _is_sentence(line.text))
        if line.kind is BlockKind.PARAGRAPH and not candidate.is_prose and not is_among:
            return False
        holders = islice(element.iterancestors(), _LEVELS.get(line.kind, 0))
        return (is_among and not self.parents.isdisjoint(holders)) or None

    def _holds(self, element: HtmlElement) -> bool:
        return element is self.container or self.container in element.iterancestors()

    def add_headings(self, candidates: Sequence[_PlacedLine], chosen: list[bool]) -> None:
        """Choose the headings that have a chosen line shortly after them."""
        for number in range(len(candidates) - 1, -1, -1):
            candidate, element = candidates[number], candidates[number].line.element
            if candidate.line.kind is not BlockKind.SUBHEADING or not self._holds(element):
                continue
            if element.getparent() in self.parents or not candidate.is_linked:
                chosen[number] = True in chosen[number + 1 : number + 1 + _HEADED_LINES]


def _find_place(candidates: Sequence[_PlacedLine]) -> _Place | None:
    """The place of the article; None if most of the prose is not in a few families of paragraphs."""
    held = _held_by_families(candidates)
    total = sum(held.values())
    families = frozenset(
        family for family, chars in held.items() if family[0] == "p" and chars >= MIN_FAMILY_SHARE * total
    )
    if total < MIN_CLEAR_CHARS or sum(held[family] for family in families) < MIN_FAMILIES_SHARE * total:
        return None
    numbers = [number for number, one in enumerate(candidates) if one.is_prose and one.family in families]
    parents = dict.fromkeys(candidates[number].line.element.getparent() for number in numbers)
    container, *others = parents
    for parent in others:
        around = {parent, *parent.iterancestors()}
        container = next(one for one in (container, *container.iterancestors()) if one in around)
    return _Place(families, frozenset(parents), container, range(numbers[0] + 1, numbers[-1]))


def _held_by_families(candidates: Sequence[_PlacedLine]) -> Counter[Family]:
    """The characters of prose in each family."""
    held: Counter[Family] = Counter()
    for candidate in candidates:
        if candidate.is_prose:
            held[candidate.family] += len(candidate.line.text)
    return held


def _is_poor(candidates: Sequence[_PlacedLine], chosen: Sequence[bool]) -> bool:
    """Whether less prose is chosen than `MIN_SHARE_OF_PROSE` of the largest family."""
    found = sum(len(one.line.text) for one, is_one in zip(candidates, chosen, strict=True) if is_one and one.is_prose)
    return found < MIN_SHARE_OF_PROSE * max(_held_by_families(candidates).values(), default=0)


def _of_largest_family(candidates: Sequence[_PlacedLine]) -> Iterator[bool]:
    held = _held_by_families(candidates)
    largest = max(held, key=held.__getitem__, default=None)
    return (candidate.family == largest for candidate in candidates)


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
    for element in root.findall("head"):
        element.clear()
    _simplify(root)
    try:
        document = trafilatura.bare_extraction(root, options=_OPTIONS)
    except Exception as exc:  # trafilatura raises whatever a hostile page makes its code raise
        raise PageError("broken", f"{url}: {type(exc).__name__} in trafilatura: {exc}") from exc
    answer: Any = getattr(document, "body", None)
    return f" {normal(tidy(' '.join(map(str, answer.itertext()))))} " if answer is not None else ""
