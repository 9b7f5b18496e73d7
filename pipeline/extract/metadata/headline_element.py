"""Find the heading with the headline, and the kicker (Dachzeile) inside or before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipeline.extract.metadata.titles import MAX_KICKER_CHARS, shares_words
from pipeline.extract.page.region import PROSE_CHARS, name_attributes, prose_chars
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
"""What separates a kicker from its headline."""
_MARK_AT_END = re.compile(r"(?:[:|]|\s[–—•-])\s*$")
_BADGE = re.compile(
    r"(?:\w{0,4}\+|plus|premium|abo|live|videos?|audio|podcast|anzeige|exklusiv|exclusive|update|eilmeldung"
    r"|breaking(?: news)?|(?:exklusiv |nur )?für (?:abonnent|mitglieder)\w*|subscribers? only|for subscribers)\W*$",
    re.IGNORECASE,
)
"""A label of the page's kind or price, where other pages have a kicker."""
_BREADCRUMBS = ("nav", "ol")
"""A heading inside these names a section of the site."""
_OUTSIDE = (*_BREADCRUMBS, "dialog", "a")
"""A heading inside these is the headline only if it is like a declared title and no other heading is. So is a heading
for screen readers, and a slide."""
_FOR_SCREEN_READERS = re.compile(
    r"(?:^|\s)(?:sr-only|(?:is[_-])?(?:blind|visually-?hidden|screen-?reader))", re.IGNORECASE
)

KICKER_NAMES = re.compile(
    r"kicker|dachzeile|overline|topline|eyebrow|spitzmarke|roofline|supertitle|pre-?title|pre-?headline|super-?heading"
    r"|antetitulo|overtitle|(?:^|[\s_-])(?:label|rubri[ck]|ressort|topic)(?:$|[\s_-])",
    re.IGNORECASE,
)


def find_heading(root: HtmlElement, titles: Sequence[str], page_title: str) -> HtmlElement | None:
    """The heading most like a declared title, else the one in the flow that `_heading_in_other_words` chooses.

    `titles` are the declared titles, and `page_title` is the text of the title element; both without the outlet's name.
    If the heading at the start of `main` is like a title, the others are not compared. If the best heading equals the
    title element and another heading equals a different declared title, the best one is written for search engines,
    and the other is the headline. So is the heading in the article's header, if the best one is in breadcrumbs.
    """
    headings = _headings(root)
    titles = titles or (page_title,)
    in_flow = [(element, text) for element, text in headings if _is_in_flow(element)]
    first = _opening_heading(root.find(".//main"))
    opening = [(element, text) for element, text in in_flow if element is first]
    found = (_most_like(candidates, titles) for candidates in (opening, in_flow, headings))
    best = next((element for element in found if element is not None), None)
    if best is None:
        return _heading_in_other_words(in_flow, titles, _opening_heading(root.find("body")))
    if _is_within(best, *_BREADCRUMBS):
        article = next(filter(prose_chars, root.iter("article")), None)
        shown = _opening_heading(article) if article is not None else None
        best = shown if shown is not None and is_of_article(shown) else best
    if normal(visible_text(best)) == normal(page_title):
        others = {normal(title) for title in titles} - {normal(page_title)}
        return next((element for element, text in headings if normal(text) in others), best)
    return best


def is_of_article(heading: HtmlElement) -> bool:
    """True if the heading is an h1 in `article` or `main`, or stands in the header of an `article`, and is no link."""
    marked = heading if heading.tag == "h1" else next(heading.iterancestors("header"), None)
    places = ("article", "main") if heading.tag == "h1" else ("article",)
    return marked is not None and _is_within(marked, *places) and heading.find(".//a") is None


def _is_in_flow(heading: HtmlElement) -> bool:
    is_slide = heading.get("aria-roledescription") is not None
    is_shown = not is_slide and not _FOR_SCREEN_READERS.search(heading.get("class") or "")
    return is_shown and not _is_within(heading, *_OUTSIDE)


def _is_within(element: HtmlElement, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _heading_in_other_words(
    headings: Sequence[tuple[HtmlElement, str]], titles: Sequence[str], opening: HtmlElement | None
) -> HtmlElement | None:
    """The headline's heading on a page where no heading is like a declared title.

    It is the first h1 of the article (`is_of_article`) with two or more words, else the first h1 with three or more. If
    the page has no h1, it is `opening`, the h2 before the text, if this has three or more words and shares words with a
    declared title.
    """
    h1s = [(element, text) for element, text in headings if element.tag == "h1"]
    of_article = next((element for element, text in h1s if is_of_article(element) and len(words_of(text)) > 1), None)
    if of_article is not None:
        return of_article
    if h1s:
        return next((element for element, text in h1s if len(words_of(text)) > 2), None)
    opening_text = next((text for element, text in headings if element is opening), "")
    return opening if len(words_of(opening_text)) > 2 and shares_words(opening_text, titles) else None


def _opening_heading(container: HtmlElement | None) -> HtmlElement | None:
    """The first h1 or h2 in the element's flow, if no paragraph of prose is before it.

    In `main` this is usually the headline. Some pages repeat it above `main`, where it stays visible when scrolling.
    """
    for element in container.iter("h1", "h2", "p") if container is not None else ():
        if element.tag != "p" and _is_in_flow(element):
            return element
        if len(raw_text(element)) >= PROSE_CHARS:
            break
    return None


def _headings(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """The first 40 h1 and 6 h2 elements with their texts, without those that are empty or too long for a headline."""
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
    """The likeness of the two, 0 to 1; 1 for a heading that is a kicker followed by the title."""
    kicker = heading.removesuffix(title)
    is_kicker = kicker != heading and len(kicker) <= MAX_KICKER_CHARS and len(words_of(title)) > 2
    return 1.0 if is_kicker else likeness(heading, title)


def split_kicker(heading: HtmlElement, titles: Sequence[str]) -> tuple[str | None, str]:
    """Split a heading into kicker, if any, and headline: `<h2><span>KICKER</span> <span>HEADLINE</span></h2>`."""
    text = visible_text(heading)
    first = heading[0] if len(heading) and not (heading.text or "").strip() else None
    kicker = visible_text(first) if first is not None else ""
    if first is not None and kicker and len(kicker) <= MAX_KICKER_CHARS and text.startswith(kicker):
        rest = text[len(kicker) :].strip(_MARKS)
        if len(words_of(rest)) >= 2 and _is_separated(heading, first, rest, titles):
            return kicker, rest
    lines = lines_of(heading)
    for title in filter(None, titles):
        before = _kicker_in(title, text) or _line_before(title, lines)
        if before:
            return before, title
    return None, text


def _line_before(title: str, lines: Sequence[str]) -> str | None:
    """The kicker on the first line of a heading whose other lines are the title; None if they are not."""
    is_kicker = len(lines) > 1 and len(lines[0]) <= MAX_KICKER_CHARS and len(words_of(title)) > 1
    return lines[0].strip(_MARKS) if is_kicker and normal(" ".join(lines[1:])) == normal(title) else None


def _is_separated(heading: HtmlElement, first: HtmlElement, rest: str, titles: Iterable[str]) -> bool:
    """True if the first child is a kicker: by its name, by a declared title, or by a mark.

    The mark ends its text, or stands in an element of its own between kicker and `rest`.
    """
    kicker = visible_text(first)
    if KICKER_NAMES.search(name_attributes(first)) or any(words_of(rest) == words_of(title) for title in titles):
        return True
    if any(title.startswith(kicker) and title[len(kicker) :].strip()[:1] in (":", "|") for title in titles):
        return True
    parts = [part for part in map(visible_text, heading.iterchildren("*")) if part.strip(_MARKS)]
    return len(parts) == 2 and (kicker.endswith((":", "|")) or len(heading) > 2)


def declared_kicker(headline: str, titles: Iterable[str]) -> str | None:
    """The kicker of the first declared title of the form `KICKER: HEADLINE`."""
    return next(filter(None, (_kicker_in(headline, title) for title in titles)), None)


def _kicker_in(headline: str, text: str) -> str | None:
    """The kicker in `KICKER: HEADLINE` or `KICKER - HEADLINE`; None for `Super-HEADLINE`."""
    before = text.removesuffix(headline) if headline else text
    is_kicker = before != text and len(before) <= MAX_KICKER_CHARS and _MARK_AT_END.search(before)
    return (before.strip(_MARKS) or None) if is_kicker else None


def kicker_in_repetition(element: HtmlElement, text: str, headline: str) -> str | None:
    """The kicker in a later heading that repeats the headline: `KICKER: HEADLINE`. `text` is the element's text.

    "" if it repeats the headline without a kicker; None if it does not repeat it.
    """
    if element.tag not in {"h1", "h2", "h3"}:
        return None
    if not text.endswith(headline) or len(text) - len(headline) > MAX_KICKER_CHARS:
        return None
    return text[: -len(headline)].strip(_MARKS)


def preceding_kicker(heading: HtmlElement) -> HtmlElement | None:
    """An element with a kicker's name directly before the heading or before an element that contains it."""
    element = heading
    for _ in range(3):
        for sibling in element.itersiblings(preceding=True):
            text = text_within(sibling, MAX_KICKER_CHARS)
            if text is None:
                return None
            if text:
                return sibling if KICKER_NAMES.search(name_attributes(sibling)) else None
        parent = element.getparent()
        if parent is None or KICKER_NAMES.search(name_attributes(parent)):
            return None
        element = parent
    return None


def clean_kicker(kicker: HtmlElement | str | None) -> str | None:
    """The kicker's text; None without a kicker, or for a badge such as `Premium`."""
    text = kicker if isinstance(kicker, str) or kicker is None else spaced_text(kicker)
    said = (text or "").strip(_MARKS)
    return said if said and not _BADGE.match(said) else None
