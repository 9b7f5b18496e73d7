"""The lines of a part of the page, in reading order, as its block elements divide the text.

Every visible character of the part is in exactly one line, in whatever elements it is: paragraphs, `div`s, bare text
between them, text after an inline element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from lxml.html import HtmlElement

from pipeline.events import BlockKind
from pipeline.extract.page.text import tidy

MAX_JOINED_CHARS = 600
"""A list item or quotation with at most this much text is one line; a longer one keeps the lines it consists of."""
_LAYOUT_CELL_CHARS = 300
"""A table with a longer cell lays out the page; it is not a table of facts."""

_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *(
            "li",
            "legend",
            "main",
            "menu",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
            "td",
            "tfoot",
        ),
        *("th", "thead", "tr", "ul"),
    }
)
"""Elements that browsers show as blocks: a line ends before and after them. Unknown elements are shown inline."""
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "summary"), BlockKind.SUBHEADING),
    **dict.fromkeys(("li", "dt", "dd"), BlockKind.LIST),
    "blockquote": BlockKind.QUOTATION,
}
_JOINED = frozenset({"li", "blockquote", "dd"})
_SKIPPED = frozenset({"script", "head"})
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n\s*")


class Line(msgspec.Struct, frozen=True):
    """One line of text: a paragraph, a heading, a list item, a table's row."""

    element: HtmlElement
    """The block element that the text stands in."""
    kind: BlockKind
    text: str
    linked_chars: int
    """How many of its characters, white space included, are links."""


def lines_in(element: HtmlElement) -> list[Line]:
    """The lines of the element and its descendants."""
    walk = _Walk()
    walk.visit(element, BlockKind.PARAGRAPH)
    walk.end_line(element, BlockKind.PARAGRAPH)
    return walk.lines


class _Walk:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._linked = 0
        self._in_link = False

    def visit(self, element: HtmlElement, kind: BlockKind) -> None:
        """Add the element's lines. Text after its last block stays open, for the caller to end the line."""
        self._say(element.text)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                pass
            elif tag == "br":
                self._parts.append("\n")
            elif tag not in _BLOCKS:
                self._visit_inline(child, kind, element)
            else:
                self.end_line(element, kind)
                self._visit_block(child, tag, kind)
            self._say(child.tail)

    def _visit_inline(self, child: HtmlElement, kind: BlockKind, block: HtmlElement) -> None:
        before = len(self.lines)
        if child.tag == "a" and not self._in_link:
            self._in_link = True
            self.visit(child, kind)
            self._in_link = False
        else:
            self.visit(child, kind)
        if len(self.lines) > before:
            self.end_line(block, kind)  # it holds blocks, so its end is the end of a line, too

    def _visit_block(self, child: HtmlElement, tag: str, kind: BlockKind) -> None:
        if tag == "table" and _is_of_facts(child):
            self.lines += _rows(child)
            return
        inner = _KINDS.get(tag, kind)
        first = len(self.lines)
        self.visit(child, inner)
        self.end_line(child, inner)
        if tag in _JOINED and len(self.lines) - first > 1:
            self._join(child, inner, first)

    def _join(self, element: HtmlElement, kind: BlockKind, first: int) -> None:
        """Make one line of the lines of a list item or quotation, if they are short and none is an item itself."""
        lines = self.lines[first:]
        if sum(len(line.text) for line in lines) > MAX_JOINED_CHARS:
            return
        if all(line.kind is kind and (line.element.tag not in _JOINED or line.element is element) for line in lines):
            self.lines[first:] = [_joined(element, kind, " ", lines)]

    def _say(self, text: str | None) -> None:
        if text:
            self._parts.append(text.replace("\n", " "))
            if self._in_link:
                self._linked += len(text)

    def end_line(self, element: HtmlElement, kind: BlockKind) -> None:
        """End the line: what was said since the last one ended is a line, or several with empty lines between them."""
        if not self._parts:
            return
        text, linked = "".join(self._parts), self._linked
        self._parts, self._linked = [], 0
        for part in _EMPTY_LINE.split(text) if "\n" in text else (text,):
            tidied = tidy(part)
            if tidied:
                self.lines.append(Line(element, kind, tidied, min(linked, len(part))))
                linked = max(0, linked - len(part))


def _joined(element: HtmlElement, kind: BlockKind, mark: str, lines: Sequence[Line]) -> Line:
    text = mark.join(line.text for line in lines)
    return Line(element, kind, text, sum(line.linked_chars for line in lines))


def _is_of_facts(table: HtmlElement) -> bool:
    """True if the table has rows of several short cells. (Others were made to place things on the page.)"""
    if next(table.iterdescendants("table"), None) is not None:
        return False
    cells = list(table.iter("td", "th"))
    rows = sum(1 for _ in table.iter("tr"))
    return len(cells) > rows and all(len(" ".join(cell.itertext())) <= _LAYOUT_CELL_CHARS for cell in cells)


def _rows(table: HtmlElement) -> Iterator[Line]:
    """The rows with text, as one line each, their cells parted by ` | `."""
    for row in table.iter("caption", "tr"):
        cells = [row] if row.tag == "caption" else list(row.iterchildren("td", "th"))
        lines = [_joined(cell, BlockKind.TABLE, " ", found) for cell in cells if (found := lines_in(cell))]
        if lines:
            yield _joined(table, BlockKind.TABLE, " | ", lines)
