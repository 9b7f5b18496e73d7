"""Rules for single outlets, for what general ones cannot know: entries in `outlet_rules.toml`, none needed to run."""

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
"""An outlet may have changed its pages since its entry was written: one that would take more is left out."""


class Unwanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks that are not the article."""

    select: str
    """XPath."""
    kind: str
    """What they are recorded as."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read from the example page."""

    headline: str
    paragraphs: int
    lists: int


class Outlet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outlet's entry. What its fields mean is said at the head of `outlet_rules.toml`."""

    host: str
    reason: str
    example: str
    expected: Expected
    remove: tuple[Unwanted, ...] = ()
    body: str | None = None
    headline: str | None = None


class _Entries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlet: tuple[Outlet, ...]


@cache
def load_outlets() -> tuple[Outlet, ...]:
    """All entries. Raises msgspec.ValidationError when the file is not as it should be."""
    text = files("pipeline.extract.boilerplate").joinpath("outlet_rules.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Entries).outlet


def outlet_of(url: str) -> Outlet | None:
    """The entry for the page's host or a domain above it."""
    host = urlsplit(url).hostname or ""
    return next((entry for entry in load_outlets() if host == entry.host or host.endswith(f".{entry.host}")), None)


def remove_unwanted(outlet: Outlet, body: HtmlElement, removal: Removal) -> None:
    """Take the outlet's own boilerplate out of the tree, and record it."""
    allowed = prose_chars(body) * MAX_SHARE_OF_PROSE
    for unwanted in outlet.remove:
        found = select(body, unwanted.select)
        if sum(map(prose_chars, found)) > allowed:
            continue
        for element in found:
            removal.add(unwanted.kind, f"outlet:{outlet.host}", spaced_text(element))
            drop(element)


def first_match(root: HtmlElement, path: str | None) -> HtmlElement | None:
    return next(iter(select(root, path)), None) if path else None


def select(body: HtmlElement, path: str) -> list[HtmlElement]:
    """The elements at the path, without those inside of another."""
    found = etree.XPath(path)(body)
    elements = [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else []
    return [element for element in elements if not any(outer in elements for outer in element.iterancestors())]
