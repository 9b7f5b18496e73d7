"""The visible head of an article: headline, kicker, lead, byline and times as a reader sees them.

Class names of real pages come and go, so a place is recognised by agreement first (the heading that says
what the page declares as its title, the paragraph that says its description) and by telling names second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import msgspec
from lxml.html import HtmlElement

from pipeline.extract.text import tidy, visible_text, words_of

_WINDOW_ELEMENTS = 260
"""How many elements after the headline the head of an article can reach."""
_SAME = 0.75
"""Shared words over all words from which two wordings are the same headline or lead."""
_MAX_KICKER_CHARS = 90
_LEAD_CHARS = range(25, 900)

KICKER_NAMES = re.compile(
    r"kicker|dachzeile|overline|topline|eyebrow|spitzmarke|roofline|supertitle|pre-?title|pre-?headline|super-?heading|antetitulo|overtitle|(?:^|[\s_-])(?:label|rubri[ck]|ressort|topic)(?:$|[\s_-])",
    re.IGNORECASE,
)
LEAD_NAMES = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|intro|introduction|introtext|standfirst|vorspann|subline|sub-?title|sub-?headline|subheading|deck?|summary|abstract"
    r"|excerpt|chapo|entradilla|ingress|perex|anrisstext|teaser-?text|lead-?text|einleitung|stand-first|description|subtitulo|spot|leadtext)(?:$|[\s_-])",
    re.IGNORECASE,
)
BYLINE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|authors|autor|autoren|byline|by-line|author-?name|verfasser|journalist|writer)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
BYLINE_TEXT = re.compile(r"^(?:von|by|text|par|por|di|af|av|door)\b:?\s+(?P<names>\S.{2,110})$", re.IGNORECASE)

AUTHOR_PAGE = re.compile(
    r"/(?:autor|autoren|author|authors|redakteur|journalist|by|av|people|profile?)s?/", re.IGNORECASE
)

_NOT_PART = frozenset(
    {
        "aside",
        "button",
        "figcaption",
        "figure",
        "footer",
        "form",
        "nav",
        "script",
        "style",
        "svg",
        "noscript",
        "template",
        "head",
    }
)


Window: TypeAlias = Sequence[tuple[HtmlElement, str]]
"""The elements after the headline, each with its text."""


class Header(msgspec.Struct, frozen=True):
    """What stands above an article, and the elements it was read from."""

    headline: str | None = None
    kicker: str | None = None
    lead: str | None = None
    byline: str | None = None
    times: tuple[str, ...] = ()
    elements: tuple[HtmlElement, ...] = ()


def read_header(root: HtmlElement, *, titles: Sequence[str], descriptions: Sequence[str]) -> Header:
    """The head of the article whose page declares these titles and descriptions, best first."""
    heading = _find_headline(root, titles)
    if heading is None:
        return Header()
    kicker, headline = part_kicker(heading, titles)
    elements = [heading]
    window = [(element, visible_text(element)) for element in _elements_after(heading)]
    if kicker is None:
        for element, text in window[:20]:
            repeated = _kicker_before(element, text, headline)
            if repeated is not None:
                kicker = repeated or None
                elements.append(element)
                break
    if kicker is None:
        preceding = _preceding_kicker(heading)
        if preceding is not None:
            kicker = tidy(" ".join(preceding.itertext()))
            elements.append(preceding)
    lead = _find_lead(window, descriptions, headline)
    if lead is not None:
        elements.append(lead)
    return Header(
        headline=headline,
        kicker=(kicker or "").strip(" :|–—-•") or None,
        lead=visible_text(lead) if lead is not None else None,
        byline=_find_byline(window),
        times=tuple(_times(window)),
        elements=tuple(elements),
    )


def likeness(one: str, other: str) -> float:
    """Shared words over all words, 0 to 1."""
    left, right = set(words_of(one)), set(words_of(other))
    return len(left & right) / len(left | right) if left and right else 0.0


def _find_headline(root: HtmlElement, titles: Sequence[str]) -> HtmlElement | None:
    """The heading that agrees best with a declared title, else the first h1."""
    headings = [*islice(root.iter("h1"), 40), *islice(root.iter("h2"), 6)]
    headings = [element for element in headings if visible_text(element)]
    best, best_likeness = None, 0.5
    for element in headings:
        text = visible_text(element)
        agreement = max((likeness(text, title) for title in titles), default=0.0)
        if agreement > best_likeness:
            best, best_likeness = element, agreement
    if best is not None:
        return best
    return next(
        (element for element in headings if element.tag == "h1" and len(words_of(visible_text(element))) > 2), None
    )


def part_kicker(heading: HtmlElement, titles: Sequence[str]) -> tuple[str | None, str]:
    """Kicker and headline of one heading: `<h2><span>KICKER</span><span>:</span><span>HEADLINE</span></h2>`."""
    text = visible_text(heading)
    parts = [visible_text(child) for child in heading.iterchildren("*")]
    parts = [part for part in parts if part.strip(" :|–—-•")]
    first = heading[0] if len(heading) and not (heading.text or "").strip() else None
    if first is not None and visible_text(first) and len(visible_text(first)) <= _MAX_KICKER_CHARS:
        kicker = visible_text(first)
        rest = text[len(kicker) :].strip(" :|–—-•") if text.startswith(kicker) else ""
        if rest and len(words_of(rest)) >= 2:
            named = KICKER_NAMES.search(_names(first)) is not None
            declared = any(words_of(rest) == words_of(title) for title in titles)
            parted = len(parts) == 2 and (visible_text(first).endswith((":", "|")) or len(heading) > 2 or declared)
            if named or declared or parted:
                return kicker, rest
    for title in titles:
        if (
            text.endswith(title)
            and 0 < len(text) - len(title) <= _MAX_KICKER_CHARS
            and text[: -len(title)].rstrip()[-1:] in ":|–-"
        ):
            return text[: -len(title)].strip(" :|–—-•"), title
    return None, text


def _kicker_before(element: HtmlElement, text: str, headline: str) -> str | None:
    """What a second heading says before it repeats the headline; "" if it only repeats; None if it is none."""
    if element.tag not in {"h1", "h2", "h3"}:
        return None
    if not text.endswith(headline) or len(text) - len(headline) > _MAX_KICKER_CHARS:
        return None
    return text[: -len(headline)].strip(" :|–—-•")


def _preceding_kicker(heading: HtmlElement) -> HtmlElement | None:
    element, steps = heading, 0
    while element is not None and steps < 3:
        for sibling in element.itersiblings(preceding=True):
            text = visible_text(sibling)
            if text:
                fits = len(text) <= _MAX_KICKER_CHARS and KICKER_NAMES.search(_names(sibling))
                return sibling if fits else None
        parent = element.getparent()
        if parent is None or KICKER_NAMES.search(_names(parent)):
            return None
        element, steps = parent, steps + 1
    return None


def _names(element: HtmlElement) -> str:
    return " ".join(
        element.get(name) or ""
        for name in ("class", "id", "itemprop", "data-testid", "data-component", "data-gtm-element")
    )


def _elements_after(heading: HtmlElement) -> Iterator[HtmlElement]:
    """Elements after the heading in document order, without those that cannot hold the head's text."""
    count = 0
    element: HtmlElement | None = heading
    while element is not None:
        following = element.getnext()
        if following is None:
            element = element.getparent()
            continue
        element = following
        stack = [following]
        while stack:
            current = stack.pop()
            count += 1
            if count > _WINDOW_ELEMENTS:
                return
            if not isinstance(current.tag, str) or current.tag in _NOT_PART:
                continue
            yield current
            stack.extend(reversed(current))


def _find_lead(window: Window, descriptions: Sequence[str], headline: str) -> HtmlElement | None:
    named: HtmlElement | None = None
    prose_seen = 0
    for element, text in window:
        if element.tag not in {"p", "div", "h2", "h3", "h4", "span", "strong", "section", "header", "ul"}:
            continue
        if len(text) not in _LEAD_CHARS or element.find(".//figure") is not None or likeness(text, headline) > _SAME:
            continue
        if any(likeness(text, description) >= _SAME for description in descriptions):
            innermost = _innermost(element, text)
            return None if _is_first_of_many(innermost) else innermost
        if named is None and prose_seen == 0 and LEAD_NAMES.search(_names(element)) and not _is_linked(element, text):
            named = element
        if element.tag == "p" and len(text) > 80:
            prose_seen += 1
            if prose_seen > 3:
                break
    if named is None or len(visible_text(named)) > 600:
        return None
    innermost = _innermost(named, visible_text(named))
    return None if _is_first_of_many(innermost) else innermost


def _innermost(element: HtmlElement, text: str) -> HtmlElement:
    """The deepest element that still holds all of the text."""
    while True:
        inner = next((child for child in element.iterchildren("*") if visible_text(child) == text), None)
        if inner is None:
            return element
        element = inner


def _is_first_of_many(element: HtmlElement) -> bool:
    """A paragraph that looks like the paragraphs after it is the article's first, not a lead apart from it."""
    following = element.getnext()
    return (
        element.tag == "p"
        and following is not None
        and following.tag == "p"
        and following.attrib == element.attrib
        and len(element) == len(following) == 0
    )


def _is_linked(element: HtmlElement, text: str) -> bool:
    linked = sum(len(visible_text(anchor)) for anchor in element.iter("a"))
    return linked * 2 > len(text)


def _find_byline(window: Window) -> str | None:
    """`Von Anna Berg`, or what stands in an element named for its author, above the second paragraph of prose."""
    named: str | None = None
    linked: list[str] = []
    prose_seen = 0
    for element, text in window[:140]:
        if element.tag == "p" and len(text) > 120:
            prose_seen += 1
            if prose_seen == 2:
                break
        if not 4 <= len(text) <= 120:
            continue
        match = BYLINE_TEXT.match(text)
        if match and element.tag in {"p", "div", "span", "address", "strong", "em", "a"}:
            return match["names"]
        if element.tag == "a" and AUTHOR_PAGE.search(element.get("href") or ""):
            linked.append(text)
        if named is None and (element.get("rel") == "author" or BYLINE_NAMES.search(_names(element))):
            named = text
    return "; ".join(linked) or named


def _times(window: Window) -> Iterator[str]:
    for element, text in window[:140]:
        if element.tag == "time":
            yield element.get("datetime") or text
