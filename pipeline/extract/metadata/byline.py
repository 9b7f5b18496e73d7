"""Find the byline below the headline, and read it by its elements.

A byline often holds more than names: links to networks, dates, places, roles. Each of these is an element or a text
node of its own, so the names are read one by one until something follows that is not a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.metadata.authors import NAME_PREFIX
from pipeline.extract.page.quotations import NAME
from pipeline.extract.page.region import PROSE_CHARS, name_attributes, short_texts, text_after
from pipeline.extract.page.text import elements_at, raw_text, tidy, visible_text

BYLINE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|authors|autor|autoren|contributor|byline|by-line|author-?name|verfasser|journalist|writer)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
BYLINE_TEXT = re.compile(
    r"^(?:von|by|text|par|por|di|af|av|door|autor(?:in)?|authors?|redacción)\b:?\s+(?P<names>\S.{2,})$", re.IGNORECASE
)

_BYLINE_DATE = re.compile(
    r"\s+\W*(?:(?:publi\w+|veröffentlicht|aktualisiert|erstellt|stand|updated|posted|mis à jour)\b\W*)?"
    r"(?:(?:am|vom|on|at|le)\s+)?"
    r"(?:(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?\s+)?\d{1,4}\b[.:/,\s-].*$",
    re.IGNORECASE,
)
"""The date after a byline's names: `20.10.2025, 18:30 Uhr`, `Updated March 2, 2026`, `Publié le 06/01/2026`."""

AUTHOR_PAGE = re.compile(
    r"/(?:autor|autoren|author|authors|redakteur|journalist|contributor|reporter|columnist|staff|team|by|av|people|profile?)s?/|/person-\d",
    re.IGNORECASE,
)

_NETWORK = re.compile(
    r"(?:on |auf |@)?(?:twitter|x|facebook|instagram|linkedin|xing|mastodon|bluesky|threads|tiktok|youtube|whatsapp"
    r"|telegram|signal|e-?mail|mail|rss|follow|folgen|teilen|share)\W*$",
    re.IGNORECASE,
)
"""What a link beside a name leads to."""
_AFTER_NAMES = re.compile(
    r"\W*(?:(?:zu)?erst|zuletzt|veröffentlicht|aktualisiert|erstellt|stand|published|updated|posted|first|last|lesezeit"
    r"|publi\w+|mis à jour|reading time|\d+ min)\b",
    re.IGNORECASE,
)
_PREFIX_ONLY = re.compile(r"(?:von|by|text|par|por|di|af|av|door|autor(?:in)?|authors?|und|and|&)\W*$", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:,|/|&|(?:und|and|et|y|e|en|og|och|sowie)\b)", re.IGNORECASE)
"""How text after a link begins that names one more author."""
_SENTENCE = re.compile(r"\b[a-zäöüß]{4,}\b(?!;|$).*\b[a-zäöüß]{2,}")
"""Words of a sentence, as in a note on the author; a name has at most one such word (`von der Heide`)."""
_AFTER_DATE = re.compile(
    r"\d{4}\b.{0,20}?(?:[|•·–]\s*|,\s+(?=von\b|by\b))(?:(?:von|by)\s+)?(?P<names>[^|•·]{5,80})$", re.IGNORECASE
)
"""Names after a date: `12. März 2026, 10:12 Uhr, von Anna Berg`."""
_NAMES_END = re.compile(r"\s*/\s*|,\s+|\s(?:und|and)\s")
_TAGS = frozenset({"p", "div", "span", "address", "strong", "em", "a", "li"})
_LINES = frozenset({"p", "div", "address", "li"})
_MAX_CHARS = 120
_MAX_CHARS_IN_ELEMENTS = 300
_PROSE_CHARS = 120
_MAX_ELEMENTS = 140


_LABEL = re.compile(
    r"\s*(?:autor(?:in|en)?(?:/autor(?:in)?)?|authors?|verfasst von|verfasser(?:in)?|written by|text(?=\s*:|\s*$))"
    r"\s*:?\s*"
    r"(?P<names>\S.{3,80})?$",
    re.IGNORECASE,
)
"""A label of the author, with or without the names, anywhere on the page: `Autorin`, `Verfasst von Anna Berg`."""
_AUTHOR_LINKS = etree.XPath(
    ".//a[@rel='author' and not(ancestor::nav or ancestor::*[self::li or self::div or self::article]"
    "[.//*[self::h2 or self::h3 or self::h4]//a][count(.//p) < 3])]"
)
"""Links to the author, except in boxes with a linked heading, which announce other articles."""
_MAX_AUTHORS_BELOW = 3


class Byline(msgspec.Struct, frozen=True):
    """The names below a headline."""

    names: str | None = None
    """Several names are separated by semicolons."""
    element: HtmlElement | None = None
    """The line that is the byline and nothing else."""


def find_byline(window: Sequence[tuple[HtmlElement, str]]) -> Byline:
    """The names in `Von Anna Berg`, links to author pages or author elements, before the second long paragraph.

    `window` has the elements after the headline and their texts. A first paragraph that is nothing but bold names
    counts if there is no other byline.
    """
    named: str | None = None
    bare: str | None = None
    linked: dict[str, None] = {}
    prose_seen = 0
    prose_begun = False
    for element, text in window[:_MAX_ELEMENTS]:
        prose_begun = prose_begun or (element.tag in {"p", "blockquote"} and len(text) > PROSE_CHARS)
        if element.tag == "p" and len(text) > _PROSE_CHARS:
            prose_seen += 1
            if prose_seen == 2:
                break
        if not 4 <= len(text) <= _MAX_CHARS_IN_ELEMENTS:
            continue
        if element.tag in _TAGS and _begins_byline(text) and (len(text) <= _MAX_CHARS or len(element)):
            names = _names_in(element)
            if names:
                is_line = not prose_begun and element.tag in _LINES
                return Byline(names, element if is_line else None)
        if len(text) > _MAX_CHARS:
            continue
        dated = _AFTER_DATE.search(text) if prose_seen == 0 else None
        if dated and all(map(NAME.match, _NAMES_END.split(dated["names"]))):
            bare = bare or dated["names"]
        is_author = element.get("rel") == "author"
        if element.tag == "a" and (is_author or AUTHOR_PAGE.search(element.get("href") or "")):
            linked[text] = None
        is_named = is_author or element.tag == "address" or BYLINE_NAMES.search(name_attributes(element))
        if named is None and is_named and not _is_speaker(element):
            names = _names_in(element)
            named = names if names and not _SENTENCE.search(names) else None
        if bare is None and prose_seen == 0 and element.tag == "p" and _is_bare_byline(element, text):
            bare = text
    return Byline("; ".join(linked) or named or bare or None)


def labelled_byline(body: HtmlElement) -> str | None:
    """The names beside a label such as `Autorin`, or in links to the author, wherever they are on the page."""
    found: dict[str, None] = {}
    for text in short_texts(body):
        label = _LABEL.match(text)
        if label is not None:
            names = tidy(label["names"] or text_after(text))
            if names and all(map(NAME.match, _NAMES_END.split(names))):
                found[names] = None
    if not found:
        found = {visible_text(link): None for link in elements_at(_AUTHOR_LINKS, body)}
    return "; ".join(filter(None, found)) if len(found) <= _MAX_AUTHORS_BELOW else None


def _is_speaker(element: HtmlElement) -> bool:
    """Whether the element names who said the quotation before it."""
    parent = element.getparent()
    places = (element,) if parent is None else (element, parent)
    return any(next(place.itersiblings("blockquote", preceding=True), None) is not None for place in places)


def _begins_byline(text: str) -> bool:
    """Whether the text begins with `Von`, or with a longer form such as `Ein Gastbeitrag von` , by names alone."""
    longer = NAME_PREFIX.match(text)
    if longer is not None and all(map(NAME.match, _NAMES_END.split(text[longer.end() :]))):
        return True
    return BYLINE_TEXT.match(text) is not None


def _is_bare_byline(paragraph: HtmlElement, text: str) -> bool:
    """Whether the paragraph is bold or italic as a whole, and each of its parts is a name."""
    holder = paragraph.find("*")
    if holder is None or holder.tag not in {"strong", "b", "em", "i"} or visible_text(holder) != text:
        return False
    return all(map(NAME.match, _NAMES_END.split(text)))


def _names_in(byline: HtmlElement) -> str:
    """The names of a byline; empty if it has none. If names are links, other text beside them is no name."""
    names: list[str] = []
    is_linked = False
    for raw, is_link in _pieces(byline):
        joined = _JOINED.match(raw or "") if names else None
        piece = tidy((raw or "")[joined.end() if joined else 0 :]).strip(" ,|•·")
        if raw is None or (_AFTER_NAMES.match(piece) and names):
            break
        is_addition = is_link or joined is not None
        if not piece or _NETWORK.match(piece) or (is_linked and not is_addition):
            continue
        is_linked = is_linked or is_link
        date = _BYLINE_DATE.search(f" {piece}")
        name = piece[: max(0, date.start() - 1)] if date else piece
        is_part = bool(names) and (_is_prefix(names[-1]) or (" " not in names[-1] and " " not in name))
        if name and (is_part or _is_prefix(name)):
            names[-1:] = [f"{names[-1]} {name}" if names else name]
        elif name:
            names.append(name)
        if date:
            break
    said = "; ".join(names)
    match = NAME_PREFIX.match(said) or BYLINE_TEXT.match(said)
    if match:
        said = match["names"] if "names" in match.re.groupindex else said[match.end() :]
    return said if any(map(str.isalpha, said)) and not _PREFIX_ONLY.match(said) else ""


def _is_prefix(text: str) -> bool:
    """Whether the text is only what stands before a name: `Von`, `Eine Analyse von`."""
    return _PREFIX_ONLY.match(text) is not None or NAME_PREFIX.fullmatch(f"{text} ") is not None


def _pieces(element: HtmlElement) -> Iterator[tuple[str | None, bool]]:
    """The texts of the byline's links and text nodes, each with whether it is a link; None for a time element."""
    yield element.text or "", False
    for child in element:
        if child.tag == "time":
            yield None, False
        elif child.tag == "a":
            yield raw_text(child), True
        elif isinstance(child.tag, str):
            yield from _pieces(child)
        yield child.tail or "", False
