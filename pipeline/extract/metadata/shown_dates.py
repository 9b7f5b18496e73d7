"""Find the dates shown at the head of an article: time elements, and lines like `Stand: 12.03.2026, 14:31 Uhr`.

Dates of updates are ignored, and dates in links, which belong to other articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipeline.extract.page.dates import find_date
from pipeline.extract.page.region import is_alone, name_attributes, short_texts, text_after
from pipeline.extract.page.text import text_within, tidy

_MAX_ELEMENTS = 140
_MAX_CHARS = 120
_PROSE_CHARS = 120
_LEVELS_ABOVE = 2
_SIBLINGS_BEFORE = 3

_UPDATED = re.compile(
    r"aktualisier|geändert|modified|modifié|modificad|mis à jour|actualizad|aggiornat|bijgewerkt|op+dat|upp?dat",
    re.IGNORECASE,
)
_LABEL = (
    r"stand|veröffentlicht|erstellt|erschienen|datum|published|posted|publi\w+|pubblicato|gepubliceerd|publicerad"
    r"|opublikowan\w+|yayın\w*|giriş"
)
_LEADS_IN = re.compile(
    rf"(?:^|[|•·]|\b(?:{_LABEL})\b)\W*(?:(?:am|vom|on|at|den|le|el)\s+)?(?:[^\W\d_]{{2,10}}\.?,?\s*)?$", re.IGNORECASE
)
"""What can stand before a date that is not part of a sentence: nothing, a mark, a label, a weekday."""
_LEADS_OUT = re.compile(r"^[^\w]*(?:$|[|•·(])|^\W*(?:uhr|min)\b", re.IGNORECASE)
_LABEL_AND_REST = re.compile(
    rf"\s*(?:(?:zuerst|first)\s)?(?:{_LABEL})\b\W*(?:(?:am|vom|on|at)\s+)?(.*)", re.IGNORECASE | re.DOTALL
)
_MAX_LABEL_CHARS = 20
_LABELLED = re.compile(rf"\b(?:{_LABEL})\b", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:date|datum|datetime|time|timestamp|pub-?date|published)(?:$|[\s_-])", re.IGNORECASE
)
_NOT_PROSE = frozenset({"h1", "h2", "h3", "h4", "h5", "script", "style", "nav", "aside", "figure"})


def shown_times(heading: HtmlElement, window: Sequence[tuple[HtmlElement, str]]) -> Iterator[str]:
    """The dates near the heading, as the page writes them. `window`: the elements after the heading, with texts."""
    for element in _elements_before(heading):
        text = text_within(element, _MAX_CHARS)
        # Other dates above the heading can be today's date in the page's frame.
        if text and (element.tag == "time" or _LABELLED.search(text)):
            yield from _dates_of(element, text)
    prose_seen = 0
    for element, text in window[:_MAX_ELEMENTS]:
        prose_seen += element.tag == "p" and len(text) > _PROSE_CHARS
        if element.tag == "time" or (prose_seen < 2 and len(text) <= _MAX_CHARS):
            yield from _dates_of(element, text)


def labelled_times(body: HtmlElement) -> Iterator[str]:
    """The dates with a label such as `Veröffentlicht` or `Datum`, wherever they are on the page."""
    for text in short_texts(body):
        label = _LABEL_AND_REST.match(text)
        if label is not None:
            said = tidy(label[1] or text_after(text))
            place = find_date(said[:_MAX_CHARS])
            if place is not None and not _UPDATED.search(said) and place[0] < _MAX_LABEL_CHARS:
                yield said


def _elements_before(heading: HtmlElement) -> Iterator[HtmlElement]:
    place: HtmlElement | None = heading
    for _ in range(_LEVELS_ABOVE):
        if place is None:
            return
        for sibling in islice(place.itersiblings("div", "p", "span", "time", preceding=True), _SIBLINGS_BEFORE):
            if text_within(sibling, _MAX_CHARS):
                yield from sibling.iter("div", "p", "span", "time")
        place = place.getparent()


def _dates_of(element: HtmlElement, text: str) -> Iterator[str]:
    machine_time = element.get("datetime") if element.tag == "time" else None
    if not machine_time and not _is_dateline(element, text):
        return
    is_update = _UPDATED.search(text) and not _LABELLED.search(text)
    if is_update or _is_linked(element) or _UPDATED.search(_label_of(element)):
        return
    if machine_time:
        yield machine_time
    if text:
        yield text


def _is_dateline(element: HtmlElement, text: str) -> bool:
    if element.tag in _NOT_PROSE or not any(map(str.isdigit, text)):
        return False
    if element.tag == "li" and element.find(".//a") is not None:
        return False
    place = find_date(text)
    if place is None or _UPDATED.search(text, 0, place[0]):
        return False
    if element.tag == "time" or _NAMES.search(name_attributes(element)):
        return True
    before, after = text[: place[0]], text[place[1] :]
    return _LEADS_IN.search(before) is not None and (_LEADS_OUT.search(after) or _UPDATED.search(after)) is not None


def _is_linked(element: HtmlElement) -> bool:
    return element.tag == "a" or next(element.iterancestors("a"), None) is not None


def _label_of(element: HtmlElement) -> str:
    """The names of the element and of a parent that holds only it, and the words directly before it."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is None:
        words = parent.text if parent is not None else None
    else:
        words = previous.tail if (previous.tail or "").strip() else text_within(previous, _MAX_CHARS)
        words = None if find_date(words or "") else words  # a date of its own, which the words belong to
    around = name_attributes(parent) if parent is not None and is_alone(element) else ""
    return tidy(f"{around} {name_attributes(element)} {words or ''}")
