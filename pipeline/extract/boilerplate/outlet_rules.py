"""Rules for single outlets, where general rules cannot work: the entries of `outlet_rules.toml`.

Most outlets have no entry; the general rules are enough for their pages.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.boilerplate.markup import drop
from pipeline.extract.page.region import prose_chars
from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import spaced_text

MAX_SHARE_OF_PROSE = 0.5
"""An XPath that matches more than this share of the prose is ignored: the outlet has probably changed its pages."""


class Unwanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks of the outlet's pages that are not part of the article."""

    select: str
    """XPath of the blocks."""
    kind: str
    """The kind of boilerplate that `boilerplate_stripped` records."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the tests expect from the extraction of the example page: its headline, and numbers of blocks."""

    headline: str
    paragraphs: int
    lists: int


class OutletRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry of one outlet. `outlet_rules.toml` explains the fields at its beginning."""

    host: str
    reason: str
    example: str
    """The HTML of a page that we made up, built like the outlet's."""
    expected: Expected
    remove: tuple[Unwanted, ...] = ()
    body: str | None = None
    headline: str | None = None


class _Entries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlet: tuple[OutletRules, ...]


@cache
def load_outlet_rules() -> tuple[OutletRules, ...]:
    """All entries. Raises msgspec.ValidationError if the file is invalid."""
    text = files("pipeline.extract.boilerplate").joinpath("outlet_rules.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Entries).outlet


def rules_for_page(url: str) -> OutletRules | None:
    """The entry for the page's host or a parent domain; None for most pages."""
    host = urlsplit(url).hostname or ""
    return next((entry for entry in load_outlet_rules() if host == entry.host or host.endswith(f".{entry.host}")), None)


def remove_unwanted(outlet: OutletRules, body: HtmlElement, removal: Removal) -> None:
    """Remove the outlet's own boilerplate from the tree, and record it."""
    allowed = prose_chars(body) * MAX_SHARE_OF_PROSE
    for unwanted in outlet.remove:
        found = select(body, unwanted.select)
        if sum(map(prose_chars, found)) > allowed:
            continue
        for element in found:
            removal.add(unwanted.kind, f"outlet:{outlet.host}", spaced_text(element))
            drop(element)


def first_match(root: HtmlElement, path: str | None) -> HtmlElement | None:
    """The first element that matches the XPath; None without an XPath or a match."""
    return next(iter(select(root, path)), None) if path else None


def select(body: HtmlElement, path: str) -> list[HtmlElement]:
    """The elements that match the XPath, without those inside another matching element."""
    found = etree.XPath(path)(body)
    elements = [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else []
    return [element for element in elements if not any(outer in elements for outer in element.iterancestors())]
