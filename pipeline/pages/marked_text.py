"""Texts with marks: where quotations and mentions stand, and what another revision says differently. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

import msgspec


class MarkedSpan(msgspec.Struct, frozen=True):
    """A passage of a text, in characters, end exclusive."""

    start: int
    end: int
    mark: str
    """A word that says what it is, `direct` or `person`."""
    anchor: str | None = None
    """What it is linked to, the number of a quotation."""


class Piece(msgspec.Struct, frozen=True):
    """A piece of a line. Its marks are the same from its first character to its last."""

    text: str
    marks: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    """The anchors of the spans that begin with this piece."""


class MarkedLine(msgspec.Struct, frozen=True):
    pieces: tuple[Piece, ...]

    @property
    def is_marked(self) -> bool:
        return any(piece.marks for piece in self.pieces)


def annotated(text: str, spans: Iterable[MarkedSpan]) -> list[MarkedLine]:
    """The lines of the text, cut where a span begins or ends. Spans may overlap."""
    known = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    lines, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = [span for span in known if span.start < end and span.end > start]
        cuts = sorted({start, end, *(max(start, span.start) for span in inside), *(min(end, s.end) for s in inside)})
        pieces = tuple(_piece(text, one, other, inside) for one, other in pairwise(cuts))
        if pieces:
            lines.append(MarkedLine(pieces))
        start = end + 1
    return lines


def _piece(text: str, start: int, end: int, spans: Sequence[MarkedSpan]) -> Piece:
    covering = [span for span in spans if span.start <= start and span.end >= end]
    begins = tuple(span.anchor for span in covering if span.anchor is not None and span.start == start)
    return Piece(text[start:end], tuple(dict.fromkeys(span.mark for span in covering)), begins)


class WordEdit(msgspec.Struct, frozen=True):
    """A change of `article_revisions.word_diff`."""

    part: str
    op: str
    old: str
    new: str
    word_no: int
    cosmetic: bool

    @property
    def mark(self) -> str:
        return "typography" if self.cosmetic else "changed"


class SideBySide(msgspec.Struct, frozen=True):
    """Two readings of a text. Lines that nothing changed stand in both."""

    before: list[MarkedLine]
    after: list[MarkedLine]


def compared(old: str, new: str, edits: Sequence[WordEdit]) -> SideBySide:
    """Both texts, each with the words marked that the other one does not have."""
    was, became, shift = [], [], 0
    for edit in edits:
        removed, added = len(edit.old.split()), len(edit.new.split())
        start = edit.word_no - 1
        became.append((start, start + added, edit.mark))
        was.append((start + shift, start + shift + removed, edit.mark))
        shift += removed - added
    return SideBySide(_by_words(old, was), _by_words(new, became))


def inline(new: str, edits: Sequence[WordEdit]) -> Iterator[Piece]:
    """The new text in one line, with the words that were replaced before those that replace them."""
    words, place = new.split(), 0
    for edit in edits:
        start = edit.word_no - 1
        end = start + len(edit.new.split())
        yield Piece(" ".join(words[place:start]))
        if edit.old and not edit.cosmetic:
            yield Piece(edit.old, ("del",))
        if edit.new:
            yield Piece(edit.new, () if edit.cosmetic else ("ins",))
        place = end
    yield Piece(" ".join(words[place:]))


def _by_words(text: str, ranges: Sequence[tuple[int, int, str]]) -> list[MarkedLine]:
    marks = {number: mark for start, end, mark in ranges for number in range(start, end)}
    lines, number = [], 0
    for line in text.split("\n"):
        words = line.split()
        pieces = tuple(_runs(words, number, marks))
        number += len(words)
        if pieces:
            lines.append(MarkedLine(pieces))
    return lines


def _runs(words: Sequence[str], first: int, marks: dict[int, str]) -> Iterator[Piece]:
    for mark, run in groupby(enumerate(words, first), key=lambda word: marks.get(word[0])):
        yield Piece(" ".join(word for _, word in run), (mark,) if mark else ())


def folded(lines: Sequence[MarkedLine], around: int = 1) -> Iterator[tuple[bool, list[MarkedLine]]]:
    """The lines in runs: true and lines near a change, false and lines that can be left out, in turn."""
    near = [any(line.is_marked for line in lines[max(0, no - around) : no + around + 1]) for no in range(len(lines))]
    for is_near, run in groupby(range(len(lines)), key=near.__getitem__):
        yield is_near, [lines[no] for no in run]


class EditInContext(msgspec.Struct, frozen=True):
    """A change with the words around it in the new text, whose paragraphs end with a line."""

    before: str
    old: str
    new: str
    after: str


def passages(text: str, edits: Iterable[WordEdit], words: int = 8) -> Iterator[EditInContext]:
    """Each change with the words around it that no other change has added."""
    all_words = [word for line in text.split("\n") if line.split() for word in _line_of_words(line)]
    known = list(edits)
    starts = [edit.word_no - 1 for edit in known]
    ends = [start + len(edit.new.split()) for start, edit in zip(starts, known, strict=True)]
    for edit, start, end, earlier, later in zip(
        known, starts, ends, [0, *ends], [*starts[1:], len(all_words)], strict=False
    ):
        yield EditInContext(
            "".join(all_words[max(earlier, start - words) : start]).rstrip(" "),
            edit.old,
            "".join(all_words[start:end]).rstrip(),
            "".join(all_words[end : min(later, end + words)]).rstrip(),
        )


def _line_of_words(line: str) -> list[str]:
    """The words, each with the space after it; after the last one, the line ends."""
    *others, last = line.split()
    return [*(f"{word} " for word in others), f"{last}\n"]


def sought(passage: str, words: str) -> list[Piece]:
    """The passage with the words marked that are searched for: those that begin like one of them, but for its last
    letter, as the table macro `passage` finds them."""
    wanted = re.findall(r"\w+", re.sub(r'(^|\s)-("[^"]*"|\S+)', " ", words.lower()))
    stems = tuple(word[:-1] if len(word) > 4 else word for word in wanted)
    marks = ("sought",)
    return [
        Piece(piece, marks if stems and piece.lower().startswith(stems) else ())
        for piece in re.split(r"(\w+)", passage)
        if piece
    ]
