"""Read the visible header of an article: headline, kicker, lead, byline and dates.

Class names change often. So an element is recognised by its text first (the heading that equals a declared title, the
paragraph that equals the declared description), and by class names second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TypeAlias

import msgspec
from lxml.html import HtmlElement

from pipeline.extract.metadata.byline import find_byline
from pipeline.extract.metadata.headline_element import (
    KICKER_NAMES,
    clean_kicker,
    declared_kicker,
    find_heading,
    is_of_article,
    kicker_in_repetition,
    preceding_kicker,
    split_kicker,
)
from pipeline.extract.metadata.shown_dates import shown_times
from pipeline.extract.page.region import is_alone, name_attributes
from pipeline.extract.page.removal import has_credit
from pipeline.extract.page.text import likeness, lines_of, raw_text, text_within, tidy, visible_text

_WINDOW_ELEMENTS = 260
"""The header ends at most this many elements after the headline."""
_WINDOW_PARAGRAPHS = 5
"""The header ends at the latest with this many paragraphs of more than `_PROSE_CHARS`."""
_PROSE_CHARS = 120
_SIBLINGS_ABOVE = 3
_MAX_CHARS_ABOVE = 200
_SAME = 0.75
"""Minimum likeness of two wordings of the same headline or lead."""
_LEAD_CHARS = range(25, 900)
_MAX_LEAD_PARTS = 6
"""An element with more children is the article's body, even if it is named `story-description`."""
_LEVELS_OF_CAPTION = 4
_MAX_NAME_CHARS = 30
_RAW_CHARS = 8 * _LEAD_CHARS.stop
"""Raw text is read up to here: longer than a lead, because it includes indentation."""

LEAD_NAMES = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|preamble|intro|introduction|introtext|standfirst|vorspann|subline|sub-?title|sub-?headline|subheading|deck?|summary|abstract"
    r"|excerpt|chapo|entradilla|ingress|perex|anrisstext|teaser-?text|lead-?text|einleitung|stand-first|description|subtitulo|spot|leadtext)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BADGE_NAMES = re.compile(r"(?:^|[\s_-])(?:badge|flag|label|tag|marker|icon|pill|chip)s?(?:$|[\s_-])", re.IGNORECASE)
_BADGE = re.compile(
    r"(?:anzeige|werbung|advertorial|sponsored|videos?|audio|podcast|live|live-?(?:blog|ticker)|newsblog|exklusiv|exclusive"
    r"|update|eilmeldung|breaking(?: news)?|premium|plus|abo|analyse|analysis|kommentar|meinung|opinion|interview"
    r"|reportage|bildergalerie|fotostrecke|gallery|quiz)\W*$",
    re.IGNORECASE,
)
_MAX_BADGE_CHARS = 25

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
    is_of_article: bool = False
    """True if the page marks the headline as the article's, so that it need not be like the declared titles."""
    kicker: str | None = None
    lead: str | None = None
    badge: str | None = None
    """A label within the lead that is not part of it: `Anzeige`, `Video`."""
    byline: str | None = None
    byline_element: HtmlElement | None = None
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
            repeated = kicker_in_repetition(element, text, headline)
            if repeated is not None:
                kicker = repeated or None
                elements.append(element)
                break
    preceding = preceding_kicker(heading) if kicker is None else None
    if preceding is not None:
        elements.append(preceding)
    lead = _find_lead(window, descriptions, headline)
    badge = _badge_of(lead) if lead is not None else None
    if lead is not None:
        elements.append(lead)
    byline = find_byline(window)
    if byline.names is None:
        byline = find_byline(list(_elements_above(heading)))
    return ArticleHeader(
        headline=headline,
        is_of_article=is_of_article(heading),
        kicker=_agreed_kicker(clean_kicker(kicker or preceding), declared_kicker(headline, [*titles, page_title])),
        lead=" ".join(lines_of(lead)).removeprefix(badge or "").strip() if lead is not None else None,
        badge=badge,
        byline=byline.names,
        byline_element=byline.element,
        times=tuple(dict.fromkeys(shown_times(heading, window))),
        elements=tuple(elements),
    )


def _agreed_kicker(shown: str | None, declared: str | None) -> str | None:
    """The shown kicker, or the declared one if none is shown or the shown one only adds words before it."""
    if shown is None or declared is None:
        return shown or declared
    return declared if shown.endswith(declared) else shown


def _window(heading: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    prose_seen = 0
    for element in _elements_after(heading):
        text = tidy(raw_text(element)[:_RAW_CHARS])[: _LEAD_CHARS.stop]
        yield element, text
        prose_seen += element.tag == "p" and len(text) > _PROSE_CHARS
        if prose_seen == _WINDOW_PARAGRAPHS:
            return


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


def _elements_above(heading: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """The short elements directly above the heading, in document order, each with its text.

    What holds nothing but the heading counts as the heading.
    """
    while is_alone(heading) and (parent := heading.getparent()) is not None and parent.tag != "body":
        heading = parent
    for sibling in reversed(list(islice(heading.itersiblings(preceding=True), _SIBLINGS_ABOVE))):
        if sibling.tag not in _NOT_PART and text_within(sibling, _MAX_CHARS_ABOVE):
            yield from ((element, visible_text(element)) for element in sibling.iter("*"))


def _find_lead(window: Window, descriptions: Sequence[str], headline: str) -> HtmlElement | None:
    named: HtmlElement | None = None
    prose_seen = 0
    for element, text in window:
        if element.tag not in {"p", "div", "h2", "h3", "h4", "span", "strong", "section", "header", "ul"}:
            continue
        if len(text) not in _LEAD_CHARS or element.find(".//figure") is not None or _is_same(text, headline):
            continue
        if any(_is_same(text, description) for description in descriptions):
            if _is_caption(element):
                continue
            innermost = _innermost(element, text)
            return None if _is_first_of_many(innermost) else innermost
        is_named = (
            named is None
            and prose_seen == 0
            and len(element) <= _MAX_LEAD_PARTS
            and LEAD_NAMES.search(_all_names(element))
        )
        if is_named and not _is_linked(element, text) and not _is_caption(element):
            named = element
        if element.tag == "p" and len(text) > 80:
            prose_seen += 1
            if prose_seen > 3:
                break
    if named is None or len(visible_text(named)) > 600:
        return None
    innermost = _innermost(named, visible_text(named))
    return None if _is_first_of_many(innermost) else innermost


def _is_caption(element: HtmlElement) -> bool:
    """True if the element is beside a picture and a line that says whose it is."""
    for box in islice(chain((element,), element.iterancestors()), _LEVELS_OF_CAPTION):
        text = text_within(box, _LEAD_CHARS.stop)
        if text is None or next(box.iter("h1", "h2"), None) is not None:
            return False
        if next(box.iter("img", "picture"), None) is not None:
            return has_credit(box, text)
    return False


def _is_same(text: str, description: str) -> bool:
    """True if both have mostly the same words; texts of very different length are not compared."""
    return max(len(text), len(description)) < 2 * min(len(text), len(description)) + _LEAD_CHARS.start and (
        likeness(text, description) >= _SAME
    )


def _badge_of(lead: HtmlElement) -> str | None:
    """The label at the start of the lead: a first element named or worded like one, or without a space after it."""
    first = lead[0] if len(lead) and not (lead.text or "").strip() else None
    badge = visible_text(first) if first is not None else ""
    whole = raw_text(lead).lstrip()
    rest = whole[len(badge) :]
    if first is None or not 2 < len(badge) <= _MAX_BADGE_CHARS or len(tidy(rest)) < _LEAD_CHARS.start:
        return None
    is_glued = rest[0].isupper() and whole.startswith(badge)
    names = name_attributes(first)
    is_named = bool(_BADGE_NAMES.search(names) or KICKER_NAMES.search(names))
    return badge if is_glued or is_named or _BADGE.match(badge) else None


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
