"""The text of the body as blocks: the page's own lines, of which those that belong to the article are chosen.

Most paragraphs of an article stand in elements of the same kind: the same tags up to an element with the same class.
Such a kind is a family. Lines of the families that hold most of the prose are the article's, and so is what stands in
the flow between them; labels, boxes between them and lines beside their container are not. trafilatura is asked only on
a page whose prose is in no such family.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import TypeAlias

import msgspec
from lxml.html import HtmlElement

from pipeline.events import Block, BlockKind
from pipeline.extract.boilerplate.lines import MAX_LINKED_CHARS
from pipeline.extract.page.flow import Line
from pipeline.extract.page.region import PROSE_CHARS, is_alone
from pipeline.extract.page.text import normal, plain
from pipeline.extract.trafilatura_choice import chosen_by_trafilatura

MIN_FAMILY_SHARE = 0.25
"""A family with less than this share of the prose may be a box beside the article."""
MIN_FAMILIES_SHARE = 0.5
"""If the families hold less than this share of the prose together, they are not known to be the article."""
MIN_SHARE_OF_PROSE = 0.2
"""If trafilatura finds less than this share of the largest family, its answer is not used, and the large families are
the article."""
_HEADED_LINES = 2
"""A heading belongs to the article if one of this many lines after it does."""
_MIN_LINKED_SHARE = 0.4
_MIN_SENTENCE_WORDS = 4
_SENTENCE_END = re.compile(r"[.!?…:][\"'”“»«’)\]]*$")
_NUMBERS = re.compile(r"\d+")

_LABELLING = frozenset({"article", "div", "section"})
"""Elements whose own short text is a label or a caption."""
_PARAGRAPHS = (frozenset({"p"}), frozenset({"p", *_LABELLING}))
"""The tags of paragraphs: on some pages, `div`s are paragraphs."""
_NEVER_LABELS = frozenset({BlockKind.TABLE, BlockKind.QUOTATION})
_MIN_QUESTIONS = 2
"""Number of headings with a question that make the text below them answers."""
_UNBOXED = frozenset({"blockquote", "dd", "details", "dl", "dt", "li", "ol", "table", "tbody", "thead", "ul"})

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

    The tree is spent if trafilatura is asked.
    """
    candidates = [_placed(line) for line in lines]
    held = _held_by_families(candidates)
    place = _find_place(candidates, held)
    chosen = [] if place is not None else chosen_by_trafilatura(lines, root, url)
    if place is None and _is_poor(candidates, chosen, held):
        place = _place_of(candidates, frozenset(_large(held)))
    if place is not None:
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

    So `part-1` is like `part-2`. If nothing around the line has a class, the family is the lines in the same element;
    what holds only the line is not counted.
    """
    tags = [line.element.tag]
    for around in line.element.iterancestors():
        name = around.get("class")
        tags.append(around.tag)
        if name:
            return (*tags, _NUMBERS.sub("", name))
    inner, place = line.element, line.element.getparent()
    while place is not None and is_alone(inner) and place.tag != "body":
        inner, place = place, place.getparent()
    return (line.element.tag, place)


class _Place(msgspec.Struct, frozen=True):
    """Where on the page the article is."""

    families: frozenset[Family]
    continuing: frozenset[int]
    """The numbers of lines that are the article's like those of the families."""
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
        is_kin = candidate.family in self.families or number in self.continuing
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
            is_beside = is_among and element.getparent() in self.around
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
        while parent is not None and parent not in self.around and (parent.tag in _UNBOXED or is_alone(element)):
            element, parent = parent, parent.getparent()
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


def _find_place(candidates: Sequence[_PlacedLine], held: Counter[Family]) -> _Place | None:
    """The place of the article; None if most of the prose is not in a few families of paragraphs."""
    for tags in _PARAGRAPHS:
        families = frozenset(family for family in _large(held) if family[0] in tags)
        if families and sum(held[family] for family in families) >= MIN_FAMILIES_SHARE * held.total():
            return _place_of(candidates, families, tags)
    return None


def _continuing(candidates: Sequence[_PlacedLine], own: Sequence[int]) -> list[int]:
    """The numbers of the lines directly before and after the own ones, if their families are variants of these."""
    before = takewhile(lambda number: _is_variant(candidates[number], candidates[own[0]]), range(own[0] - 1, -1, -1))
    after = range(own[-1] + 1, len(candidates))
    return [*before, *takewhile(lambda number: _is_variant(candidates[number], candidates[own[-1]]), after)]


def _is_variant(line: _PlacedLine, own: _PlacedLine) -> bool:
    """True for prose whose family differs only in further names: `text` and `text text--last`."""
    one, other = line.family, own.family
    if not line.is_prose or one[:-1] != other[:-1] or not isinstance(one[-1], str) or not isinstance(other[-1], str):
        return False
    names, other_names = set(one[-1].split()), set(other[-1].split())
    return names <= other_names or other_names <= names


def _large(held: Counter[Family]) -> list[Family]:
    return [family for family, chars in held.items() if chars >= MIN_FAMILY_SHARE * held.total()]


def _place_of(
    candidates: Sequence[_PlacedLine], families: frozenset[Family], tags: frozenset[str] = frozenset()
) -> _Place | None:
    """The place of these families; None if no family is given."""
    numbers = [number for number, one in enumerate(candidates) if one.is_prose and one.family in families]
    if not numbers:
        return None
    continuing = _continuing(candidates, numbers)
    numbers = sorted((*numbers, *continuing))
    parents = dict.fromkeys(candidates[number].line.element.getparent() for number in numbers)
    container, *others = parents
    around = set(parents)
    for parent in others:
        lineage = {parent, *parent.iterancestors()}
        container = next(one for one in (container, *container.iterancestors()) if one in lineage)
    for parent in parents:
        around |= set(takewhile(lambda one: one is not container, parent.iterancestors()))
    around.add(container)
    return _Place(
        families=families,
        continuing=frozenset(continuing),
        tags=tags,
        parents=frozenset(parents),
        container=container,
        around=frozenset(around),
        numbers=range(numbers[0] + 1, numbers[-1]),
    )


def _held_by_families(candidates: Sequence[_PlacedLine]) -> Counter[Family]:
    """The characters of prose in each family."""
    held: Counter[Family] = Counter()
    for candidate in candidates:
        if candidate.is_prose:
            held[candidate.family] += len(candidate.line.text)
    return held


def _is_poor(candidates: Sequence[_PlacedLine], chosen: Sequence[bool], held: Counter[Family]) -> bool:
    """True if less is chosen of the largest family than `MIN_SHARE_OF_PROSE`."""
    largest = max(held, key=held.__getitem__, default=None)
    of_family = (one for one, is_one in zip(candidates, chosen, strict=True) if is_one and one.family == largest)
    return sum(len(one.line.text) for one in of_family if one.is_prose) < MIN_SHARE_OF_PROSE * held[largest or ()]


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
