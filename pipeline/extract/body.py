"""The text of the body as blocks, extracted by trafilatura from the cleaned tree."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement

from pipeline.errors import PageError
from pipeline.events import Block, BlockKind
from pipeline.extract.page.region import is_bare_prose, prose_chars
from pipeline.extract.page.text import normal, plain, raw_text, tidy

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
"""trafilatura's complaints are not logged: a failure is recorded as an event with a reason."""

MIN_SHARE_OF_PROSE = 0.2
"""If the quick extraction returns less than this share of the page's prose, the thorough one is tried too. That takes
several times as long, and found nothing more on 125 real pages; it is for unusual pages."""
MIN_QUICK_CHARS = 200
_MAX_PASSED_OVER = 300
_BEGINNING_CHARS = 80
_LINES = ("p", "li", "h2", "h3", "h4", "div", "td", "section")
_MAX_LINKED_CHARS = 2_000
"""Maximum length of a line, including indentation in the source."""
_MIN_LINKED_SHARE = 0.4


def body_blocks(root: HtmlElement, url: str) -> list[Block]:
    """The main text, by trafilatura's quick method; if that finds little of the page's prose, by all its methods.

    The head is emptied, so the caller must have read it before: trafilatura would take the text of paywalled articles
    from there.
    """
    for element in root.findall("head"):
        element.clear()
    blocks = _trafilatura_blocks(root, url, fast=True)
    found = sum(len(block.text) for block in blocks)
    if found >= MIN_QUICK_CHARS and found >= MIN_SHARE_OF_PROSE * prose_chars(root):
        return blocks
    thorough = _trafilatura_blocks(root, url, fast=False)
    return thorough if sum(len(block.text) for block in thorough) > found else blocks


def passed_over(texts: Sequence[str], blocks: Sequence[Block]) -> Iterator[str]:
    """The texts of the page that are not in the blocks, because trafilatura did not count them as the article."""
    begun = {_beginning(block.text) for block in blocks}
    whole = normal(" ".join(block.text for block in blocks))
    left = (text for text in dict.fromkeys(texts) if _beginning(text) not in begun)
    for text in islice(left, _MAX_PASSED_OVER):
        if normal(text) not in whole:
            yield text


def texts_of(body: HtmlElement) -> list[str]:
    """The texts of the body's paragraphs, headings and list items, and of divs that hold prose like a paragraph."""
    texts = (
        tidy(raw_text(element))
        for element in body.iter("p", "li", "h2", "h3", "h4", "div")
        if element.tag != "div" or is_bare_prose(element)
    )
    return [text for text in texts if any(map(str.isalnum, text))]


def linked_lines(body: HtmlElement) -> frozenset[str]:
    """The lines that consist mostly of links, normalized by `normal`."""
    lines: set[str] = set()
    for line in {_line_of(anchor) for anchor in body.iter("a")}:
        text = raw_text(line)
        if len(text) <= _MAX_LINKED_CHARS:
            linked = sum(len(tidy(raw_text(anchor))) for anchor in line.iter("a"))
            if linked >= _MIN_LINKED_SHARE * len(tidy(text)):
                lines.add(normal(text))
    return frozenset(lines)


def _line_of(anchor: HtmlElement) -> HtmlElement:
    return next(anchor.iterancestors(*_LINES), anchor)


def _beginning(text: str) -> str:
    return normal(text[:_BEGINNING_CHARS])


def declared_blocks(body: str) -> list[Block]:
    """The blocks of a declared `articleBody`, for pages that show their text only by script."""
    return [block for line in body.splitlines() for block in _block(BlockKind.PARAGRAPH, plain(line))]


def _trafilatura_blocks(root: HtmlElement, url: str, *, fast: bool) -> list[Block]:
    """Run trafilatura 2.3.1 on a copy of the cleaned tree. Another version or other options need a new producer number.

    Metadata is off because it is read elsewhere, deduplication because it keeps state between pages.
    """
    try:
        document = trafilatura.bare_extraction(
            root,
            url=url,
            fast=fast,
            with_metadata=False,
            include_comments=False,
            include_tables=True,
            include_images=False,
            include_links=False,
            include_formatting=False,
            deduplicate=False,
        )
    except Exception as exc:  # trafilatura raises whatever a hostile page makes its code raise
        raise PageError("broken", f"{url}: {type(exc).__name__} in trafilatura: {exc}") from exc
    body: Any = getattr(document, "body", None)
    return list(blocks_of(body)) if body is not None else []


_CONTAINERS = frozenset({"body", "html", "div", "section", "article", "main", "span", "form", "document"})
_INNER_BLOCKS = frozenset({"p", "lb", "item", "list", "quote", "head"})
_INLINE = frozenset({"hi", "ref", "lb", "del", "graphic", "span", "a", "b", "i", "em", "strong", "code"})


def blocks_of(body: _Element) -> Iterator[Block]:
    """trafilatura's result (p, head, list/item, quote, table/row/cell) as blocks. A block is one line of text."""
    yield from _paragraphs(body.text)
    for element in body:
        if element.tag == "head":
            yield from _block(BlockKind.SUBHEADING, _text_of(element))
        elif element.tag == "list":
            for item in element.iterchildren("item"):
                yield from _block(BlockKind.LIST, _text_of(item))
        elif element.tag in {"quote", "blockquote"}:
            yield from _block(BlockKind.QUOTATION, _text_of(element))
        elif element.tag == "table":
            for row in element.iter("row"):
                yield from _block(
                    BlockKind.TABLE, " | ".join(filter(None, (_text_of(cell) for cell in row.iterchildren("cell"))))
                )
        elif element.tag in _CONTAINERS and any(child.tag not in _INLINE for child in element):
            yield from blocks_of(element)
        else:
            for part in _text_with_breaks(element).split("\n\n"):
                yield from _block(BlockKind.PARAGRAPH, part)
        yield from _paragraphs(element.tail)


def _paragraphs(text: str | None) -> Iterator[Block]:
    yield from _block(BlockKind.PARAGRAPH, text or "")


def _block(kind: BlockKind, text: str) -> Iterator[Block]:
    tidied = tidy(text)
    if any(character.isalnum() for character in tidied):
        yield Block(kind=kind, text=tidied)


def _text_of(element: _Element) -> str:
    """The element's text on one line, with a space where an inner block begins."""
    has_blocks = any(child.tag in _INNER_BLOCKS for child in element)
    return (" " if has_blocks else "").join(map(str, element.itertext()))


def _text_with_breaks(element: _Element) -> str:
    """The element's text. Two line breaks in a row separate paragraphs; a single one is a space."""
    parts = [element.text or ""]
    for child in element:
        parts.append("\n" if child.tag == "lb" else _text_with_breaks(child) if isinstance(child.tag, str) else "")
        parts.append(child.tail or "")
    return (
        re.sub(r"[ \t\r\f\v]*\n[ \t\r\f\v]*", "\n", "".join(parts)) if len(parts) > 1 else parts[0].replace("\n", " ")
    )
