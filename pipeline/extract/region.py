"""Where on the page the article is: measured by its prose, not by names."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.text import raw_text

PROSE_CHARS = 80
"""A paragraph from this length counts as prose."""
NEARLY_ALL = 0.9
"""The article's element holds at least this share of the page's long text."""
HALF = 0.5
MIN_TO_NARROW_CHARS = 600
"""With less long text than this a page says too little about where its article is."""

_BODY_NAMES = re.compile(r"(?:article|post|entry|story)[-_]*(?:body|content|text)|bodytext", re.IGNORECASE)
_LONG_TEXTS = etree.XPath(f".//text()[string-length(normalize-space()) >= {PROSE_CHARS} and not(ancestor::a)]")


def prose_chars(element: HtmlElement) -> int:
    """Characters in paragraphs of prose that are not links."""
    total = 0
    for paragraph in element.iter("p"):
        length = len(raw_text(paragraph))
        if length >= PROSE_CHARS:
            linked = sum(len(raw_text(anchor)) for anchor in paragraph.findall(".//a"))
            if linked * 2 < length:
                total += length
    return total


def above(heading: HtmlElement) -> list[HtmlElement]:
    """What stands before the headline on the page."""
    path = [heading, *heading.iterancestors()]
    return [sibling for element in path if element.tag != "body" for sibling in element.itersiblings(preceding=True)]


def narrow(body: HtmlElement, anchor: HtmlElement) -> None:
    """Leave only the smallest element that holds the anchor and nearly all long text: a page's frame is no article.

    Not recorded: what goes here is what stands on every page of a site.
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
    if container is not None and container.tag in {"div", "section", "main"}:
        container.tag = "article"  # trafilatura looks for its text in one first
    named = [element for element in held if _BODY_NAMES.search(" ".join(map(str, element.attrib.values())))]
    if named and max(held[element] for element in named) < total * HALF:
        # A body in several pieces: trafilatura would take the first of them for the whole.
        for element in named:
            for name in ("class", "id", "itemprop"):
                element.attrib.pop(name, None)
    while container is not None and container is not body:
        for sibling in [*container.itersiblings(), *container.itersiblings(preceding=True)]:
            sibling.drop_tree()
        container = container.getparent()
