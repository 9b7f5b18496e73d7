"""Where marked segments begin and end: „…“, “…”, "…", «…», »…«, ‘…’, '…' and their mixtures.

Most marks are ambiguous: the English opening mark closes the German „…“, the straight mark opens and closes, and the
apostrophe looks like a single closing mark. So marks are paired in order, paragraph by paragraph, and what a mark does
depends on which marks are open. A mark that is still open at the end of a paragraph is dropped, unless the next
paragraph continues the quotation: in English by opening it again, in German by closing what it never opened.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Segment(NamedTuple):
    """The text between an outermost pair of marks, without white space at either end, within one paragraph."""

    start: int
    end: int
    before: int
    """The position of the opening mark; `start` if the paragraph continues a quotation without one."""
    after: int
    """The position after the closing mark; `end` if the paragraph ends without one."""
    goes_on: bool
    """True if it continues the segment of the paragraph before."""

    def shifted(self, by: int) -> Segment:
        """The same segment, in a text that contains the present text from the character `by` on."""
        return Segment(self.start + by, self.end + by, self.before + by, self.after + by, self.goes_on)


class _Mark(NamedTuple):
    at: int
    char: str
    may_open: bool
    may_close: bool


_CLOSERS = {
    "„": '“”"',
    "“": '”"',
    "”": "”",
    '"': '"”',
    "«": "»",
    "»": "«»",
    "‹": "›",
    "›": "‹",
    "‚": "‘’'",
    "‘": "’'",
    "'": "'’",
}
_SINGLE = frozenset("‚‘'’")
_REOPENING = frozenset('“„"«»‘')
"""Marks that may stand again at the beginning of each paragraph of a quotation."""
_MAX_PARAGRAPHS = 6
"""An open mark continues into fewer paragraphs than this; after them it is taken for a mistake of the text. Segments
that were found before stay."""
_ELISIONS = frozenset(
    {"em", "tis", "twas", "til", "till", "cause", "n", "round", "bout", "s", "ne", "nem", "nen", "ner"}
)
"""Words whose first letters an apostrophe may replace."""


@cache
def _mark() -> re.Pattern[str]:
    return re.compile("[„“”\"«»‹›‚‘’']")


@cache
def _word() -> re.Pattern[str]:
    return re.compile(r"\w+")


def find_segments(text: str) -> list[Segment]:
    """All marked segments in order, without overlap. Takes time linear in the length of the text."""
    found: list[Segment] = []
    dangling: int | None = None
    unclosed = 0
    begin = 0
    is_german = "„" in text
    for line in text.split("\n"):
        end = begin + len(line)
        if line and not line.isspace():
            marks = _marks_between(text, begin, end, is_german)
            if dangling is not None:
                unclosed += 1
                marks, dangling = _go_on(text, begin, end, marks, dangling, unclosed, found)
            if dangling is None:
                dangling, unclosed = _pair(text, marks, found), 0
        begin = end + 1
    return found


def _marks_between(text: str, begin: int, end: int, is_german: bool) -> list[_Mark]:
    """The marks of a paragraph. In a text with „ the mark “ usually closes; it opens only before a word."""
    marks: list[_Mark] = []
    for match in _mark().finditer(text, begin, end):
        at, char = match.start(), match[0]
        left = text[at - 1] if at > begin else " "
        right = text[at + 1] if at + 1 < end else " "
        starts_word = not (left.isalnum() or left in ".,;!?%)]") and not right.isspace()
        ends_word = not right.isalnum()
        if char in _SINGLE:
            if char in "'’" and left.isalnum() and right.isalnum():
                continue
            if char in "'’" and starts_word and _is_elision(text, at + 1):
                continue
            marks.append(_Mark(at, char, starts_word and char != "’", ends_word and not left.isspace() and char != "‚"))
        elif char == '"':
            marks.append(
                _Mark(
                    at,
                    char,
                    not left.isalnum() and not (right.isspace() and at + 1 < end),
                    ends_word or not left.isspace(),
                )
            )
        else:
            marks.append(_Mark(at, char, char != "“" or not is_german or (starts_word and right.isalnum()), True))
    return marks


def _is_elision(text: str, at: int) -> bool:
    """True if the apostrophe replaces letters: '90s, 'em, ’tis."""
    word = _word().match(text, at)
    return word is not None and (word[0].lower() in _ELISIONS or word[0][0].isdigit())


def _pair(text: str, marks: list[_Mark], found: list[Segment]) -> int | None:
    """Append the paragraph's segments; return the position of an opening mark that is still open at its end."""
    if not marks:
        return None
    doubles = [mark for mark in marks if mark.char not in _SINGLE]
    singles = [mark for mark in marks if mark.char in _SINGLE]
    pairs, dangling = _nested_pairs(doubles)
    for opened, closed in sorted([*pairs, *_single_pairs(text, singles, pairs, dangling)]):
        _append(text, found, before=opened, start=opened + 1, end=closed, after=closed + 1, goes_on=False)
    return dangling


def _nested_pairs(marks: list[_Mark]) -> tuple[list[tuple[int, int]], int | None]:
    """The outermost pairs of double marks, and the position of a mark that stays open.

    A second opening mark nests if the paragraph then balances; otherwise it replaces the first.
    """
    depth = 0
    stack: list[_Mark] = []
    pairs: list[tuple[int, int]] = []
    for mark in marks:
        if stack and mark.may_close and mark.char in _CLOSERS[stack[-1].char]:
            opened = stack.pop()
            if not stack:
                pairs.append((opened.at, mark.at))
        elif _opens(mark, stack[-1] if stack else None):
            stack.append(mark)
            depth = max(depth, len(stack))
    if not stack:
        return pairs, None
    if depth == 1:
        return pairs, stack[0].at
    return _flat_pairs(marks)


def _flat_pairs(marks: list[_Mark]) -> tuple[list[tuple[int, int]], int | None]:
    opened: _Mark | None = None
    pairs: list[tuple[int, int]] = []
    for mark in marks:
        if opened and mark.may_close and mark.char in _CLOSERS[opened.char]:
            pairs.append((opened.at, mark.at))
            opened = None
        elif _opens(mark, None):
            opened = mark
    return pairs, opened.at if opened else None


def _opens(mark: _Mark, within: _Mark | None) -> bool:
    """True if the mark opens. A straight mark that cannot close opens within straight marks, never within others."""
    if not mark.may_open or mark.char not in _CLOSERS:
        return False
    return within is None or mark.char != '"' or (within.char == '"' and not mark.may_close)


def _single_pairs(
    text: str, marks: list[_Mark], outer: list[tuple[int, int]], dangling: int | None
) -> list[tuple[int, int]]:
    """The pairs of single marks outside of the `outer` pairs, and before a double mark that stays open."""
    pairs: list[tuple[int, int]] = []
    opened: _Mark | None = None
    closing: _Mark | None = None
    next_outer = 0
    for mark in marks:
        while next_outer < len(outer) and outer[next_outer][1] < mark.at:
            next_outer += 1
        if next_outer < len(outer) and outer[next_outer][0] < mark.at:
            opened = closing = None
            continue
        if dangling is not None and mark.at > dangling:
            break
        if opened is None or (mark.may_open and not mark.may_close):
            if opened and closing:
                pairs.append((opened.at, closing.at))
            opened, closing = (mark, None) if mark.may_open else (None, None)
        elif mark.may_close and mark.char in _CLOSERS[opened.char]:
            if _is_plural_genitive(text, mark.at):
                closing = closing or mark
            else:
                pairs.append((opened.at, mark.at))
                opened = closing = None
    if opened and closing:
        pairs.append((opened.at, closing.at))
    return pairs


def _is_plural_genitive(text: str, at: int) -> bool:
    """True if the apostrophe marks a genitive, as in the boys' school: after an s and before a small letter."""
    return text[at - 1] == "s" and text[at + 1 : at + 2] == " " and text[at + 2 : at + 3].islower()


def _go_on(
    text: str, begin: int, end: int, marks: list[_Mark], dangling: int, unclosed: int, found: list[Segment]
) -> tuple[list[_Mark], int | None]:
    """Continue a quotation that the paragraph before left open.

    Appends the part in this paragraph, and before it the part in the paragraph of the opening mark if that is missing.
    Returns the marks that do not belong to the quotation, and the position of the mark that is still open.
    """
    opener = text[dangling]
    first_char = end - len(text[begin:end].lstrip())
    reopened = bool(marks) and marks[0].at == first_char and marks[0].char == opener and opener in _REOPENING
    rest = marks[1:] if reopened else marks
    relevant = [mark for mark in rest if mark.char not in _SINGLE or opener in _SINGLE]
    closing = next((mark for mark in relevant if mark.may_close and mark.char in _CLOSERS[opener]), None)
    if not reopened and closing is not None and closing is not relevant[0]:
        closing = None  # the paragraph has quotations of its own before it
    if (opener == '"' and not reopened) or unclosed >= _MAX_PARAGRAPHS:
        return marks, None
    if closing is None and not reopened:
        return marks, None
    if not found or found[-1].before != dangling:
        first_end = text.find("\n", dangling)
        _append(text, found, before=dangling, start=dangling + 1, end=first_end, after=first_end, goes_on=False)
    start = first_char + 1 if reopened else first_char
    if closing is None:
        _append(text, found, before=first_char, start=start, end=end, after=end, goes_on=True)
        return [], first_char
    _append(text, found, before=first_char, start=start, end=closing.at, after=closing.at + 1, goes_on=True)
    return [mark for mark in rest if mark.at > closing.at], None


def _append(text: str, found: list[Segment], *, before: int, start: int, end: int, after: int, goes_on: bool) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Segment(start, end, before, after, goes_on))
