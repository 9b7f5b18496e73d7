"""Find the parts of a paywalled page that its readers do not see.

The text of such an article is sometimes in the page and hidden, or declared as paid for search engines
(https://developers.google.com/search/docs/appearance/structured-data/paywalled-content). It is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml.html import HtmlElement

from pipeline.events import Access
from pipeline.extract.metadata.declared import Declared, is_not_free
from pipeline.extract.page.region import name_attributes, text_chars
from pipeline.extract.page.text import text_within

MIN_TEASER_CHARS = 60
"""A declared part beside which the page shows less text than this is the whole article, and visible."""
_MAX_OFFER_CHARS = 800
_OFFER_NAMES = re.compile(r"paywall|pay-?gate|reg-?wall|barrier|offer|subscri|piano|abo-", re.IGNORECASE)
_OFFER = re.compile(
    r"weiterlesen|lesen sie .{0,20}weiter|testen|abonn|anmelden|continue reading|keep reading|subscribe|log ?in"
    r"|sign up",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_STEP = re.compile(r"([\w*-]*)((?:[.#][\w-]+)*)$")
_NAME = re.compile(r"([.#])([\w-]+)")


def paid_parts(body: HtmlElement, declared: Declared, access: Access) -> list[HtmlElement]:
    """The hidden elements with text, and the parts declared as paid; none on an open page.

    Declared parts count only if the page has a notice that stops its readers: many outlets serve the whole text openly.
    On a metered page readers see the declared parts, so only what is hidden counts.
    """
    if access is Access.OPEN:
        return []
    hidden = [element for element in body.iter("div", "section", "p", "article", "span") if _is_hidden(element)]
    if access is Access.METERED:
        return hidden
    if not any(_is_offer(element) for element in body.iter("div", "section", "aside")):
        return hidden  # nothing says that readers were stopped
    total = text_chars(body)
    for path in map(_xpath, _selectors(declared)):
        found = body.xpath(path) if path else []
        parts = [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else []
        outer = [part for part in parts if not any(above in parts for above in part.iterancestors())]
        if total - sum(map(text_chars, outer)) >= MIN_TEASER_CHARS:
            hidden += outer
    return hidden


def _is_offer(element: HtmlElement) -> bool:
    """True if the element is the notice that stops the reader, by its name and its words."""
    if not _OFFER_NAMES.search(name_attributes(element)):
        return False
    text = text_within(element, _MAX_OFFER_CHARS)
    return text is not None and _OFFER.search(text) is not None


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or (style is not None and _HIDDEN.search(style) is not None)


def _selectors(declared: Declared) -> Iterator[str]:
    """The CSS selectors of the parts that are declared as not free."""
    for node in (declared.article, declared.page):
        parts = node.get("hasPart")
        for part in parts if isinstance(parts, list) else [parts]:
            if isinstance(part, Mapping) and is_not_free(part):
                selectors = part.get("cssSelector")
                for selector in selectors if isinstance(selectors, list) else [selectors]:
                    if isinstance(selector, str):
                        yield from selector.split(",")


def _xpath(selector: str) -> str | None:
    """The XPath of a selector of tags, classes and ids; None for any other selector."""
    path = "."
    for step in selector.replace(">", " ").split():
        match = _STEP.match(step)
        if match is None:
            return None
        path += f"//{match[1] or '*'}"
        for mark, name in _NAME.findall(match[2]):
            path += (
                f"[@id='{name}']"
                if mark == "#"
                else f"[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
            )
    return path if path != "." else None
