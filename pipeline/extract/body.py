"""The text of the body as blocks: the page's own lines, of which those that belong to the article are chosen.

Most paragraphs of an article stand in elements of the same kind: the same tags up to an element with the same class.
Such a kind is a family. Lines of the families that hold most of the prose are the article's, and so is what stands in
the flow between them; labels, boxes between them and lines beside their container are not. trafilatura is asked only on
a page whose prose is in no such family. It does not give the text itself, because it may take the first of several
pieces of a body, glue paragraphs into one, drop lines in `div`s, or find nothing.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
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
_PARAGRAPHS = (frozenset({"p"}), frozenset({"p", *_LABELLING}))
"""The tags of paragraphs: on some pages, `div`s are paragraphs."""
_NEVER_LABELS = frozenset({BlockKind.TABLE, BlockKind.QUOTATION})
_MIN_QUESTIONS = 2
"""Number of headings with a question that make the text below them answers."""
_UNBOXED = frozenset({"blockquote", "dd", "details", "dl", "dt", "li", "ol", "ul"})
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
    """True if it is mostly links."""


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
        chosen = place.judge(candidates)
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
    tags: frozenset[str]
    """The tags of paragraphs on this page."""
    parents: frozenset[HtmlElement]
    """The elements that hold the families' paragraphs."""
    container: HtmlElement
    """The smallest element that holds all of them."""
    around: frozenset[HtmlElement]
    """The parents, and what is between them and the container."""
    numbers: range
    """The numbers of the lines between the first and the last of them."""

    def judge(self, candidates: Sequence[_PlacedLine]) -> list[bool]:
        """True if each line belongs to the article. Headings are not judged here."""
        chosen: list[bool] = []
        questions = {number for number, one in enumerate(candidates) if self._asks(one.line, number)}
        is_faq = len(questions) >= _MIN_QUESTIONS
        is_answer = after_quotation = False
        for number, one in enumerate(candidates):
            is_own = self._is_own(one, number)
            if one.line.kind is BlockKind.SUBHEADING:
                is_answer = is_faq and number in questions
            elif one.line.kind is BlockKind.PARAGRAPH:
                is_own = is_own or after_quotation or (is_answer and one.is_prose)
            chosen.append(is_own)
            after_quotation = is_own and one.line.kind is BlockKind.QUOTATION  # the speaker follows
        return chosen

    def _asks(self, line: Line, number: int) -> bool:
        """True if the line is a heading with a question, after the paragraphs."""
        is_question = line.kind is BlockKind.SUBHEADING and line.text.endswith("?")
        return is_question and number >= self.numbers.stop and self._holds(line.element)

    def _is_own(self, candidate: _PlacedLine, number: int) -> bool:
        line, element = candidate.line, candidate.line.element
        is_before, is_among = number < self.numbers.start, number in self.numbers
        is_kin = candidate.family in self.families
        if line.kind is BlockKind.SUBHEADING:
            return False
        if candidate.is_linked and line.kind is not BlockKind.TABLE:
            return is_kin and (is_among or _is_sentence(line.text))
        if is_kin:
            return True
        if not self._holds(element):  # only a lead stands outside
            is_near = element.tag in self.tags and self.container.getparent() in element.iterancestors()
            return is_before and is_near and len(line.text) >= PROSE_CHARS
        if line.kind is BlockKind.PARAGRAPH and element.tag in _LABELLING - self.tags:
            is_beside = is_among and element.getparent() in self.parents
            is_bare = element in self.parents and (candidate.is_prose or number >= self.numbers.stop)
            return is_bare or (is_beside and _is_sentence(line.text))
        if line.kind is BlockKind.PARAGRAPH and not is_among:
            return candidate.is_prose and (is_before or self._is_in_flow(element))
        if line.kind is BlockKind.QUOTATION and is_among:
            return True
        is_placed = is_among or candidate.is_prose or line.kind in _NEVER_LABELS
        return is_placed and element.tag != "figcaption" and self._is_in_flow(element)

    def _is_in_flow(self, element: HtmlElement) -> bool:
        """True if the line is a sibling of paragraphs or of what holds them, and not in a box between them.

        Its list, and what holds nothing else, is no box.
        """
        parent = element.getparent()
        while parent is not None and parent not in self.around and (parent.tag in _UNBOXED or len(parent) == 1):
            parent = parent.getparent()
        return parent in self.around

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
    large = [family for family, chars in held.items() if chars >= MIN_FAMILY_SHARE * total]
    for tags in _PARAGRAPHS:
        families = frozenset(family for family in large if family[0] in tags)
        if families and sum(held[family] for family in families) >= MIN_FAMILIES_SHARE * total:
            break
    else:
        return None
    numbers = [number for number, one in enumerate(candidates) if one.is_prose and one.family in families]
    parents = dict.fromkeys(candidates[number].line.element.getparent() for number in numbers)
    container, *others = parents
    around = set(parents)
    for parent in others:
        lineage = {parent, *parent.iterancestors()}
        container = next(one for one in (container, *container.iterancestors()) if one in lineage)
    for parent in parents:
        around |= set(takewhile(lambda one: one is not container, parent.iterancestors()))
    around.add(container)
    return _Place(families, tags, frozenset(parents), container, frozenset(around), range(numbers[0] + 1, numbers[-1]))


def _held_by_families(candidates: Sequence[_PlacedLine]) -> Counter[Family]:
    """The characters of prose in each family."""
    held: Counter[Family] = Counter()
    for candidate in candidates:
        if candidate.is_prose:
            held[candidate.family] += len(candidate.line.text)
    return held


def _is_poor(candidates: Sequence[_PlacedLine], chosen: Sequence[bool]) -> bool:
    """True if less prose is chosen than `MIN_SHARE_OF_PROSE` of the largest family."""
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
