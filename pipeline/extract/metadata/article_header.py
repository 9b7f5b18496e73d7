"""Read the visible header of an article: headline, kicker, lead, byline and dates.

Class names change often. So an element is recognised by its text first (the heading that equals a declared title, the
paragraph that equals the declared description), and by class names second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec
from lxml.html import HtmlElement

from pipeline.extract.metadata.headline_element import (
    clean_kicker,
    declared_kicker,
    find_heading,
    kicker_before,
    preceding_kicker,
    split_kicker,
)
from pipeline.extract.metadata.shown_dates import shown_times
from pipeline.extract.page.region import name_attributes
from pipeline.extract.page.text import likeness, lines_of, raw_text, tidy, visible_text

_WINDOW_ELEMENTS = 260
"""The header ends at most this many elements after the headline."""
_SAME = 0.75
"""Minimum likeness of two wordings of the same headline or lead."""
_LEAD_CHARS = range(25, 900)
_MAX_LEAD_PARTS = 6
"""An element with more children is the article's body, even if it is named `story-description`."""
_MAX_NAME_CHARS = 30
_RAW_CHARS = 8 * _LEAD_CHARS.stop
"""Raw text is read up to here: longer than a lead, because it includes indentation."""

LEAD_NAMES = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|preamble|intro|introduction|introtext|standfirst|vorspann|subline|sub-?title|sub-?headline|subheading|deck?|summary|abstract"
    r"|excerpt|chapo|entradilla|ingress|perex|anrisstext|teaser-?text|lead-?text|einleitung|stand-first|description|subtitulo|spot|leadtext)(?:$|[\s_-])",
    re.IGNORECASE,
)
BYLINE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|authors|autor|autoren|byline|by-line|author-?name|verfasser|journalist|writer)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
BYLINE_TEXT = re.compile(r"^(?:von|by|text|par|por|di|af|av|door)\b:?\s+(?P<names>\S.{2,110})$", re.IGNORECASE)

_BYLINE_DATE = re.compile(
    r"\s+\W*(?:(?:publi\w+|veröffentlicht|aktualisiert|erstellt|stand|updated|posted|mis à jour)\b\W*)?"
    r"(?:(?:am|vom|on|at|le)\s+)?"
    r"(?:(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?\s+)?\d{1,4}\b[.:/,\s-].*$",
    re.IGNORECASE,
)
"""The date after a byline's names: `20.10.2025, 18:30 Uhr`, `Updated March 2, 2026`, `Publié le 06/01/2026`."""

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
"""The elements after the headline, each with its text, cut to the maximum length of a lead."""


class ArticleHeader(msgspec.Struct, frozen=True):
    """The visible header of an article, and the elements it was read from."""

    headline: str | None = None
    kicker: str | None = None
    lead: str | None = None
    byline: str | None = None
    times: tuple[str, ...] = ()
    elements: tuple[HtmlElement, ...] = ()


def read_header(
    root: HtmlElement,
    *,
    titles: Sequence[str],
    descriptions: Sequence[str],
    page_title: str = "",
    heading: HtmlElement | None = None,
) -> ArticleHeader:
    """Read the header. `titles` and `descriptions` are the declared ones, most trusted first.

    `heading` is the element with the headline, if it is already known.
    """
    if heading is None:
        heading = find_heading(root, titles, page_title)
    if heading is None:
        return ArticleHeader()
    kicker, headline = split_kicker(heading, [*titles, page_title])
    elements = [heading]
    window = list(_window(heading))
    if kicker is None:
        for element, text in window[:20]:
            repeated = kicker_before(element, text, headline)
            if repeated is not None:
                kicker = repeated or None
                elements.append(element)
                break
    preceding = preceding_kicker(heading) if kicker is None else None
    if preceding is not None:
        elements.append(preceding)
    lead = _find_lead(window, descriptions, headline)
    if lead is not None:
        elements.append(lead)
    return ArticleHeader(
        headline=headline,
        kicker=_agreed_kicker(clean_kicker(kicker or preceding), declared_kicker(headline, titles)),
        lead=" ".join(lines_of(lead)) if lead is not None else None,
        byline=_find_byline(window),
        times=tuple(dict.fromkeys(shown_times(heading, window))),
        elements=tuple(elements),
    )


def _agreed_kicker(shown: str | None, declared: str | None) -> str | None:
    """The shown kicker, or the declared one if none is shown or the shown one only adds words before it."""
    if shown is None or declared is None:
        return shown or declared
    return declared if shown.endswith(declared) else shown


def _window(heading: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    for element in _elements_after(heading):
        yield element, tidy(raw_text(element)[:_RAW_CHARS])[: _LEAD_CHARS.stop]


def _elements_after(heading: HtmlElement) -> Iterator[HtmlElement]:
    """The elements after the heading in document order, without figures, forms, navigation and the like."""
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
        is_named = (
            named is None
            and prose_seen == 0
            and len(element) <= _MAX_LEAD_PARTS
            and LEAD_NAMES.search(_all_names(element))
        )
        if is_named and not _is_linked(element, text):
            named = element
        if element.tag == "p" and len(text) > 80:
            prose_seen += 1
            if prose_seen > 3:
                break
    if named is None or len(visible_text(named)) > 600:
        return None
    innermost = _innermost(named, visible_text(named))
    return None if _is_first_of_many(innermost) else innermost


def _all_names(element: HtmlElement) -> str:
    """The element's names, including short values of `data-` attributes: `data-manual="teaserText"`."""
    own = (str(value) for name, value in element.attrib.items() if str(name).startswith("data-"))
    return " ".join((name_attributes(element), *(value for value in own if len(value) <= _MAX_NAME_CHARS)))


def _innermost(element: HtmlElement, text: str) -> HtmlElement:
    """The deepest element that still contains the whole text."""
    while True:
        inner = next((child for child in element.iterchildren("*") if visible_text(child) == text), None)
        if inner is None:
            return element
        element = inner


def _is_first_of_many(element: HtmlElement) -> bool:
    """True for a paragraph that looks like the next one: it is the first paragraph of the article, not a lead."""
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
    """The names in `Von Anna Berg`, links to author pages or author elements, before the second long paragraph."""
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
        match = BYLINE_TEXT.match(_without_date(text))
        if match and element.tag in {"p", "div", "span", "address", "strong", "em", "a"}:
            return match["names"]
        if element.tag == "a" and AUTHOR_PAGE.search(element.get("href") or ""):
            linked.append(text)
        if named is None and (element.get("rel") == "author" or BYLINE_NAMES.search(name_attributes(element))):
            named = text
    return "; ".join(linked) or named


def _without_date(byline: str) -> str:
    """`Von Anna Berg 20.10.2025, 18:30 Uhr` without the date and everything after it."""
    date = _BYLINE_DATE.search(byline)
    return byline[: date.start()] if date else byline
