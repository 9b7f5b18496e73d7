"""Find the part of the page that holds the article, by measuring its text rather than by class names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import raw_text, spaced_text

PROSE_CHARS = 80
"""Minimum length of a paragraph of prose."""
MIN_LINE_CHARS = 25
"""Minimum length of a counted line; shorter text can be a label."""
MIN_AREA_CHARS = 400
"""An element around the headline with this much text contains at least the beginning of the article."""
NEARLY_ALL = 0.9
"""The article's element holds at least this share of the page's long text."""
MIN_TO_NARROW_CHARS = 600
"""Pages with less long text than this are not narrowed: the share of an element would say little."""

_NUMBERS = re.compile(r"\d+")
_LONG_TEXTS = etree.XPath(f".//text()[string-length(normalize-space()) >= {PROSE_CHARS} and not(ancestor::a)]")

_SHORT_TEXTS = etree.XPath(
    ".//text()[string-length() < 120 and not(ancestor::nav or ancestor::footer[not(ancestor::article)])]"
)

_NAMING = frozenset({"class", "id", "itemprop", "data-testid", "data-component", "data-gtm-element"})
_OUTSIDE = frozenset({"a", "button", "figure", "footer", "nav"})
"""Elements whose lines are not counted: links, captions, navigation."""
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong", "sub"}
    | {"sup", "time", "u"}
)


class BlockLine(NamedTuple):
    """The length of a line of text, and the block element it belongs to. Inline elements are not blocks."""

    block: HtmlElement
    chars: int


_CHARS = attrgetter("chars")


def text_chars(element: HtmlElement) -> int:
    """Number of characters in the element's lines, without links, captions, navigation and short labels."""
    return sum(map(_CHARS, _lines_in(element)))


def _lines_in(area: HtmlElement) -> Iterator[BlockLine]:
    """The counted lines of the element, each with the element it is in; one line is one text node."""
    if area.tag in _OUTSIDE or next(area.iterancestors(*_OUTSIDE), None) is not None:
        return
    stack = [area]
    while stack:
        element = stack.pop()
        text = element.text
        if text and len(text) >= MIN_LINE_CHARS and (chars := len(text.strip())) >= MIN_LINE_CHARS:
            yield BlockLine(element, chars)
        for child in element:
            text = child.tail
            if text and len(text) >= MIN_LINE_CHARS and (chars := len(text.strip())) >= MIN_LINE_CHARS:
                yield BlockLine(element, chars)
            if child.tag not in _OUTSIDE:
                stack.append(child)


def lines_around(heading: HtmlElement | None, body: HtmlElement) -> Iterator[BlockLine]:
    """The lines of the smallest element that contains the headline and at least `MIN_AREA_CHARS` of text.

    Without a headline, the lines of the body.
    """
    area = _area_around(heading, body)
    for block, chars in _lines_in(area):
        while block is not area and (block.tag in _INLINE or _holds_all(block)):
            parent = block.getparent()
            if parent is None:
                break
            block = parent
        yield BlockLine(block, chars)


def _area_around(heading: HtmlElement | None, body: HtmlElement) -> HtmlElement:
    for element in heading.iterancestors() if heading is not None else ():
        if element is body or any(total >= MIN_AREA_CHARS for total in accumulate(map(_CHARS, _lines_in(element)))):
            return element
    return body


def _holds_all(element: HtmlElement) -> bool:
    """True if the element is its parent's only child, and no text stands before it."""
    parent = element.getparent()
    return parent is not None and is_alone(element) and not (parent.text or "").strip()


def is_alone(element: HtmlElement) -> bool:
    """True if the element has no siblings. `len(parent)` would count all children, each time it is asked."""
    return element.getprevious() is None and element.getnext() is None


def prose_chars(element: HtmlElement) -> int:
    """Number of characters in paragraphs of prose; a paragraph is skipped if half of it or more is links."""
    total = 0
    for paragraph in element.iter("p"):
        length = len(raw_text(paragraph))
        if length >= PROSE_CHARS:
            linked = sum(len(raw_text(anchor)) for anchor in paragraph.findall(".//a"))
            if linked * 2 < length:
                total += length
    return total


def name_attributes(element: HtmlElement) -> str:
    """The values of the attributes that often tell what an element is for, joined."""
    return " ".join([value for name, value in element.items() if name in _NAMING])


def short_texts(body: HtmlElement) -> list[etree._ElementUnicodeResult]:
    """The short text nodes of the page's articles, outside of navigation: among them are labels."""
    found = _SHORT_TEXTS(body)
    return [text for text in found if isinstance(text, etree._ElementUnicodeResult)] if isinstance(found, list) else []


def text_after(label: etree._ElementUnicodeResult) -> str:
    """What a label is about: the rest of its line, or the text of the element after it."""
    holder = label.getparent()
    if holder is None:
        return ""
    if label.is_tail or not (holder.tail or "").strip():
        following = holder[0] if len(holder) and not label.is_tail else holder.getnext()
        return raw_text(following)[: 2 * PROSE_CHARS] if following is not None else ""
    return holder.tail or ""


def elements_above(heading: HtmlElement) -> list[HtmlElement]:
    """The elements that come before the headline on the page; their descendants are not listed."""
    path = [heading, *heading.iterancestors()]
    return [sibling for element in path if element.tag != "body" for sibling in element.itersiblings(preceding=True)]


def narrow_to_article(body: HtmlElement, anchor: HtmlElement, removal: Removal) -> None:
    """Reduce the body to the smallest element that contains `anchor` and nearly all long text.

    Following elements that continue the prose are kept too. A dropped element is recorded if it has as much text as
    a paragraph of prose.
    """
    held: dict[HtmlElement, int] = {}
    total = 0
    texts = _LONG_TEXTS(body)
    for text in texts if isinstance(texts, list) else []:
        holder = text.getparent() if isinstance(text, etree._ElementUnicodeResult) else None
        if holder is not None:
            total += len(text)
            for element in (holder, *holder.iterancestors()):
                held[element] = held.get(element, 0) + len(text)
    if total < MIN_TO_NARROW_CHARS:
        return
    container: HtmlElement | None = anchor
    while container is not None and container is not body and held.get(container, 0) < total * NEARLY_ALL:
        container = container.getparent()
    if container is not None and container is not body:
        for sibling in _continuations(container):
            container.append(sibling)
    while container is not None and container is not body:
        for sibling in [*container.itersiblings(), *container.itersiblings(preceding=True)]:
            if text_chars(sibling) >= PROSE_CHARS:
                removal.add("frame", "outside_the_article", spaced_text(sibling))
            else:
                removal.leave(spaced_text(sibling))
            sibling.drop_tree()
        container = container.getparent()


def _continuations(container: HtmlElement) -> list[HtmlElement]:
    """Later siblings that continue the text. They have prose, and follow directly or have the same tag and class.

    Siblings without text are skipped, and so are numbers in the class (`part-1`, `part-2`).
    """
    found: list[HtmlElement] = []
    is_next = True
    for sibling in container.itersiblings():
        is_alike = sibling.tag == container.tag and _without_numbers(sibling) == _without_numbers(container) != ""
        if prose_chars(sibling) and (is_next or is_alike):
            found.append(sibling)
        elif raw_text(sibling).strip():
            is_next = False
    return found


def _without_numbers(element: HtmlElement) -> str:
    return _NUMBERS.sub("", element.get("class") or "")
