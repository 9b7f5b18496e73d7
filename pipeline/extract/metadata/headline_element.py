"""The heading that says the headline, and the kicker (Dachzeile) in it, beside it or before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipeline.extract.metadata.titles import MAX_KICKER_CHARS
from pipeline.extract.page.region import PROSE_CHARS, naming
from pipeline.extract.page.text import (
    likeness,
    lines_of,
    normal,
    raw_text,
    spaced_text,
    text_within,
    visible_text,
    words_of,
)

_MAX_HEADLINE_CHARS = 500
_MIN_LIKENESS = 0.5
_MARKS = " :|–—-•"
"""What parts a kicker from its headline."""
_MARK_AT_END = re.compile(r"(?:[:|]|\s[–—•-])\s*$")
_BREADCRUMBS = ("nav", "ol")
"""A heading within is a place in the site's structure; it is the headline only where there is no other."""

KICKER_NAMES = re.compile(
    r"kicker|dachzeile|overline|topline|eyebrow|spitzmarke|roofline|supertitle|pre-?title|pre-?headline|super-?heading"
    r"|antetitulo|overtitle|(?:^|[\s_-])(?:label|rubri[ck]|ressort|topic)(?:$|[\s_-])",
    re.IGNORECASE,
)


def find_heading(root: HtmlElement, titles: Sequence[str], page_title: str) -> HtmlElement | None:
    """The heading that agrees best with a declared title, else the first h1. One that opens `main` goes before others.

    Where two headings each say a declared title word for word and one of them says what the title element says,
    that one is written for search engines: the other is the headline.
    """
    headings = _headings(root)
    in_flow = [(element, text) for element, text in headings if not _is_within(element, *_BREADCRUMBS)]
    first = _opening_heading(root)
    opening = [(element, text) for element, text in in_flow if element is first]
    found = (_most_like(some, titles) for some in (opening, in_flow, headings))
    best = next((element for element in found if element is not None), None)
    if best is None:
        return next((element for element, text in in_flow if element.tag == "h1" and len(words_of(text)) > 2), None)
    if normal(visible_text(best)) == normal(page_title):
        others = {normal(title) for title in titles} - {normal(page_title)}
        return next((element for element, text in headings if normal(text) in others), best)
    return best


def _is_within(element: HtmlElement, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _opening_heading(root: HtmlElement) -> HtmlElement | None:
    """The heading that `main` begins with: a broadcaster's page has its title once more above, for sticking there."""
    main = root.find(".//main")
    for element in main.iter("h1", "h2", "p") if main is not None else ():
        if element.tag != "p":
            return element
        if len(raw_text(element)) >= PROSE_CHARS:
            break
    return None


def _headings(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """h1s and the first h2s with their texts."""
    found = [*islice(root.iter("h1"), 40), *islice(root.iter("h2"), 6)]
    texts = [(element, text_within(element, _MAX_HEADLINE_CHARS)) for element in found]
    return [(element, text) for element, text in texts if text]


def _most_like(headings: Iterable[tuple[HtmlElement, str]], titles: Sequence[str]) -> HtmlElement | None:
    best, best_likeness = None, _MIN_LIKENESS
    for element, text in headings:
        agreement = max((_agreement(text, title) for title in titles), default=0.0)
        if agreement > best_likeness:
            best, best_likeness = element, agreement
    return best


def _agreement(heading: str, title: str) -> float:
    """Likeness of the two; a heading that says the title after a kicker agrees wholly."""
    kicker = heading.removesuffix(title)
    is_kicker = kicker != heading and len(kicker) <= MAX_KICKER_CHARS and len(words_of(title)) > 2
    return 1.0 if is_kicker else likeness(heading, title)


def part_kicker(heading: HtmlElement, titles: Sequence[str]) -> tuple[str | None, str]:
    """Kicker and headline of one heading: `<h2><span>KICKER</span><span>:</span><span>HEADLINE</span></h2>`."""
    text = visible_text(heading)
    first = heading[0] if len(heading) and not (heading.text or "").strip() else None
    kicker = visible_text(first) if first is not None else ""
    if first is not None and kicker and len(kicker) <= MAX_KICKER_CHARS and text.startswith(kicker):
        rest = text[len(kicker) :].strip(_MARKS)
        if len(words_of(rest)) >= 2 and _is_parted(heading, first, rest, titles):
            return kicker, rest
    lines = lines_of(heading)
    for title in filter(None, titles):
        said = _said_before(title, text) or _line_before(title, lines)
        if said:
            return said, title
    return None, text


def _line_before(title: str, lines: Sequence[str]) -> str | None:
    """The first line of a heading whose other lines are the title."""
    is_kicker = len(lines) > 1 and len(lines[0]) <= MAX_KICKER_CHARS and len(words_of(title)) > 1
    return lines[0].strip(_MARKS) if is_kicker and normal(" ".join(lines[1:])) == normal(title) else None


def _is_parted(heading: HtmlElement, first: HtmlElement, rest: str, titles: Iterable[str]) -> bool:
    """Is what the first child says a kicker: by its name, by a declared title, or by a mark between the two."""
    kicker = visible_text(first)
    if KICKER_NAMES.search(naming(first)) or any(words_of(rest) == words_of(title) for title in titles):
        return True
    if any(title.startswith(kicker) and title[len(kicker) :].strip()[:1] in (":", "|") for title in titles):
        return True
    parts = [part for part in map(visible_text, heading.iterchildren("*")) if part.strip(_MARKS)]
    return len(parts) == 2 and (kicker.endswith((":", "|")) or len(heading) > 2)


def declared_kicker(headline: str, titles: Iterable[str]) -> str | None:
    """What a declared title says before the headline, with a mark between them: `KICKER: HEADLINE`."""
    return next(filter(None, (_said_before(headline, title) for title in titles)), None)


def _said_before(headline: str, text: str) -> str | None:
    """The kicker in `KICKER: HEADLINE` or `KICKER - HEADLINE`; None for `Super-HEADLINE`."""
    before = text.removesuffix(headline) if headline else text
    is_kicker = before != text and len(before) <= MAX_KICKER_CHARS and _MARK_AT_END.search(before)
    return (before.strip(_MARKS) or None) if is_kicker else None


def kicker_before(element: HtmlElement, text: str, headline: str) -> str | None:
    """What a second heading says before it repeats the headline; "" if it only repeats; None if it is none."""
    if element.tag not in {"h1", "h2", "h3"}:
        return None
    if not text.endswith(headline) or len(text) - len(headline) > MAX_KICKER_CHARS:
        return None
    return text[: -len(headline)].strip(_MARKS)


def preceding_kicker(heading: HtmlElement) -> HtmlElement | None:
    """An element named for a kicker that stands right before the heading, or before what holds the heading."""
    element = heading
    for _ in range(3):
        for sibling in element.itersiblings(preceding=True):
            text = text_within(sibling, MAX_KICKER_CHARS)
            if text is None:
                return None
            if text:
                return sibling if KICKER_NAMES.search(naming(sibling)) else None
        parent = element.getparent()
        if parent is None or KICKER_NAMES.search(naming(parent)):
            return None
        element = parent
    return None


def clean_kicker(kicker: HtmlElement | str | None) -> str | None:
    text = kicker if isinstance(kicker, str) or kicker is None else spaced_text(kicker)
    return (text or "").strip(_MARKS) or None
