"""Find the byline below or above the headline, and read it by its elements.

A byline often holds more than names: links to networks, dates, places, roles. Each of these is an element or a text
node of its own, so the names are read one by one until something follows that is not a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.metadata.authors import signed_by
from pipeline.extract.metadata.person_names import NAME_PREFIX, begins_with_name
from pipeline.extract.page.region import PROSE_CHARS, name_attributes, short_texts, text_after
from pipeline.extract.page.text import elements_at, raw_text, tidy, visible_text

_AUTHOR_ATTRIBUTE = re.compile(
    r"(?:^|[\s_-]|(?-i:(?<=[a-z])(?=[A-Z])))(?:author|auteur|auth?or[ei]|autor(?:en)?|contributor|by-?line|author-?name|verfasser"
    r"|journalist|forfatter|signature|writer|yazar)s?(?:$|[\s_-]|(?-i:(?=[A-Z])))",
    re.IGNORECASE,
)
"""A word in the class, id or another name of an element that holds authors: `article__author`, `authorName`."""
_BYLINE_START = re.compile(
    r"^(?:von|by|text|par|por|di|af|av|door|autor(?:in)?|authors?|redacción)\b:?\s+(?P<names>\S.{2,})$", re.IGNORECASE
)
"""A text that begins like a byline: `Von Anna Berg`, `Text: Anna Berg`."""

_BYLINE_DATE = re.compile(
    r"\s+\W*(?:(?:publi\w+|veröffentlicht|aktualisiert|erstellt|stand|updated|posted|mis à jour)\b\W*)?"
    r"(?:(?:am|vom|on|at|le)\s+)?"
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]*\s+"
    r"|(?:(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|mo|di|mi|do|fr|sa|so)\b[.,]*\s+)?"
    r"(?:(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|(?:nov|dec)(?:ember)?)\b\.?\s+)?\d{1,4}\b[.:/,\s-].*$",
    re.IGNORECASE,
)
"""The date after a byline's names: `20.10.2025, 18:30 Uhr`, `Updated March 2, 2026`, `Publié le 06/01/2026`."""

_AUTHOR_PAGE = re.compile(
    r"/(?:autor|autoren|author|authors|redakteur|journalist|contributor|reporter|columnist|staff|team|by|av|people|profile?)s?/|/person-\d",
    re.IGNORECASE,
)
"""In the address of a page about an author."""

_NETWORK = re.compile(
    r"(?:on |auf |@)?(?:twitter|x|facebook|instagram|linkedin|xing|mastodon|bluesky|threads|tiktok|youtube|whatsapp"
    r"|telegram|signal|flipboard|reddit|comments?|kommentare?|print|drucken|copy link|link kopieren|save|merken"
    r"|e-?mail|mail|rss|follow|folgen|teilen|share)\W*$",
    re.IGNORECASE,
)
"""A link beside a name that is no name: `Twitter`, `@x`, `E-Mail`, `Folgen`."""
_AFTER_NAMES = re.compile(
    r"\W*(?:(?:zu)?erst|zuletzt|veröffentlicht|aktualisiert|erstellt|stand|published|updated|posted|first|last|lesezeit"
    r"|publi\w+|mis à jour|reading time|\d+ min)\b",
    re.IGNORECASE,
)
"""What follows the last name: `Zuerst veröffentlicht …`, `Reading time …`."""
_PREFIX_ONLY = re.compile(r"(?:von|by|text|par|por|di|af|av|door|autor(?:in)?|authors?|und|and|&)\W*$", re.IGNORECASE)
"""A piece that only leads to the next name: `Von`, `und`."""
_JOINED = re.compile(r"\s*(?:,|/|&|(?:und|and|et|y|e|en|og|och|sowie)\b)", re.IGNORECASE)
"""How text after a link begins that names one more author."""
_AFTER_DATE = re.compile(
    r"\d{4}\b.{0,20}?(?:[|•·–]\s*|,?\s+(?=von\b|by\b))(?:(?:von|by)\s+)?(?P<names>[^|•·]{5,80})$", re.IGNORECASE
)
"""Names after a date: `12. März 2026, 10:12 Uhr, von Anna Berg`."""
_BEFORE_DATE = re.compile(r"(?P<names>[^|•·\d]{5,80}?)\s*[|•·](?=\s)")
"""Names before a date: `Anna Berg | 12. März 2026`."""
_BYLINE_TAGS = frozenset({"p", "div", "span", "address", "strong", "em", "a", "li"})
_LINE_TAGS = frozenset({"p", "div", "address", "li"})
"""Those of them that are lines of their own, which can be taken out of the text."""
_MAX_PREFIX_CHARS = 40
_MIN_CHARS = 3
"""An agency can have so few: `dpa`."""
_MAX_CHARS = 120
"""Maximum length of a byline that is plain text."""
_MAX_CASELESS_CHARS = 30
"""Maximum length of a byline in a script without capitals, in which names do not differ from other words."""
_MAX_CHARS_IN_ELEMENTS = 300
"""Maximum length of a byline whose parts are elements."""
_PARAGRAPH_CHARS = 120
"""The search ends at the second paragraph that is longer. After PROSE_CHARS a byline stays in the text."""
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
_MAX_LABELLED = 3
"""If more labels or links are found, they are those of other articles."""


class Byline(msgspec.Struct, frozen=True):
    """The names beside a headline."""

    names: str | None = None
    """Several names are separated by semicolons."""
    element: HtmlElement | None = None
    """The line that is the byline and nothing else, which is removed from the text; None if there is no such line."""


def find_byline(window: Sequence[tuple[HtmlElement, str]]) -> Byline:
    """The names in `Von Anna Berg`, links to author pages or author elements, before the second long paragraph.

    `window` has the elements after the headline, or those above it, and their texts. If there is no other byline and no
    long paragraph before them, a single word in an author element counts, and so do names after a date, a linked name
    before a date, and a paragraph of nothing but bold or italic names.
    """
    named: dict[HtmlElement, str] = {}
    led: str | None = None
    single: str | None = None
    bare: Byline | None = None
    linked: dict[str, None] = {}
    prose_seen = 0
    prose_begun = False
    for element, text in window[:_MAX_ELEMENTS]:
        prose_begun = prose_begun or (element.tag in {"p", "blockquote"} and len(text) > PROSE_CHARS)
        if element.tag == "p" and len(text) > _PARAGRAPH_CHARS:
            prose_seen += 1
            if prose_seen == 2:
                break
        if element.tag in _BYLINE_TAGS and text and _leads_to_names(element, text):
            following = element.getnext()
            names = _names_in(following) if following is not None else ""
            led = led or (names if begins_with_name(names) else None)
            continue
        if not _MIN_CHARS <= len(text) <= _MAX_CHARS_IN_ELEMENTS:
            continue
        if element.tag in _BYLINE_TAGS and _begins_byline(text) and (len(text) <= _MAX_CHARS or len(element)):
            names = _names_in(element)
            if begins_with_name(names):
                is_line = not prose_begun and element.tag in _LINE_TAGS
                return Byline(names, element if is_line else None)
        if len(text) > _MAX_CHARS:
            continue
        is_author = element.get("rel") == "author"
        if element.tag == "a" and (is_author or _AUTHOR_PAGE.search(element.get("href") or "")):
            linked[text] = None
        is_named = is_author or element.tag == "address" or _AUTHOR_ATTRIBUTE.search(name_attributes(element))
        if is_named and not _is_speaker(element) and all(_is_like(element, other) for other in named):
            names = _names_in(element)
            is_caseless = text.lower() == text.upper()
            if " " not in names and not is_caseless:
                single = single or (names if begins_with_name(names) else None)
            elif begins_with_name(names) and (not is_caseless or len(text) <= _MAX_CASELESS_CHARS):
                named[element] = names
        if bare is None:
            dated = (_AFTER_DATE.search(text) or _before_date(text)) if prose_seen == 0 else None
            if dated and signed_by(dated["names"]):
                bare = Byline(dated["names"])
            elif signed_by(names := _bare_names(element, text, is_first=prose_seen == 0)):
                bare = Byline(names, element if names != text else None)
    found = "; ".join(linked) or "; ".join(named.values()) or led or single
    return Byline(found) if found else bare or Byline()


def labelled_byline(body: HtmlElement) -> str | None:
    """The names beside a label such as `Autorin`, or in links to the author, wherever they are on the page."""
    found: dict[str, None] = {}
    for text in short_texts(body):
        label = _LABEL.match(text)
        if label is not None:
            names = tidy(label["names"] or text_after(text))
            if signed_by(names):
                found[names] = None
    if not found:
        found = {visible_text(link): None for link in elements_at(_AUTHOR_LINKS, body)}
    return "; ".join(filter(None, found)) if len(found) <= _MAX_LABELLED else None


def _is_speaker(element: HtmlElement) -> bool:
    """True if the element names who said the quotation before it."""
    parent = element.getparent()
    places = (element,) if parent is None else (element, parent)
    return any(next(place.itersiblings("blockquote", preceding=True), None) is not None for place in places)


def _is_like(element: HtmlElement, other: HtmlElement) -> bool:
    """True if two elements stand beside each other and have the same names, as those of two authors have."""
    return element.getparent() is other.getparent() and element.attrib == other.attrib


def _leads_to_names(element: HtmlElement, text: str) -> bool:
    """True if the element only leads to the next one: `<span>Von</span> <a>Anna Berg</a>`."""
    return len(text) <= _MAX_PREFIX_CHARS and not (element.tail or "").strip() and _is_prefix(text)


def _begins_byline(text: str) -> bool:
    """True if the text begins with `Von`, or has only names after a longer form such as `Ein Gastbeitrag von`."""
    return _BYLINE_START.match(text) is not None or (
        NAME_PREFIX.match(text) is not None and signed_by(_BYLINE_DATE.sub("", text)) != ()
    )


def _before_date(text: str) -> re.Match[str] | None:
    names = _BEFORE_DATE.match(text)
    date = _BYLINE_DATE.match(text, names.end()) if names else None
    return names if date else None


def _bare_names(line: HtmlElement, text: str, *, is_first: bool) -> str:
    """The text of a link that has only a date after it, or of a first line that is bold or italic as a whole."""
    holder = line.find("*") if line.tag in _LINE_TAGS else None
    if holder is None or holder.tag not in {"strong", "b", "em", "i", "a"}:
        return ""
    date = _BYLINE_DATE.search(text) if holder.tag == "a" else None
    names = visible_text(holder)
    rest = text[: date.start()] if date else text
    return names if rest == names and (date or (is_first and holder.tag != "a")) else ""


def _names_in(byline: HtmlElement) -> str:
    """The names of a byline, separated by semicolons; empty if it has none.

    After a name that is a link or bold, plain text is a name only after a comma or `und`.
    """
    names: list[str] = []
    is_linked = is_joined = is_open = False
    for raw, is_link in _pieces(byline):
        joined = _JOINED.match(raw or "") if names else None
        piece = tidy((raw or "")[joined.end() if joined else 0 :]).strip(" ,|•·")
        if raw is None or (_AFTER_NAMES.match(piece) and names):
            break
        is_joined = is_joined or joined is not None
        if not piece or _NETWORK.match(piece) or (is_linked and not (is_link or is_joined or is_open)):
            continue
        is_linked = is_linked or is_link
        date = _BYLINE_DATE.search(f" {piece}")
        name = piece[: max(0, date.start() - 1)] if date else piece
        # Two single words before any full name are the given name and the family name.
        is_part = bool(names) and (is_open or " " not in "".join((*names, name)))
        is_joined, is_open = False, _is_prefix(name)
        if name and (is_part or is_open):
            names[-1:] = [f"{names[-1]} {name}" if names else name]
        elif name:
            names.append(name)
        if date:
            break
    joined_names = "; ".join(names)
    match = NAME_PREFIX.match(joined_names) or _BYLINE_START.match(joined_names)
    if match:
        joined_names = match["names"] if "names" in match.re.groupindex else joined_names[match.end() :]
    return joined_names if any(map(str.isalpha, joined_names)) and not _PREFIX_ONLY.match(joined_names) else ""


def _is_prefix(text: str) -> bool:
    """True if the text is only what stands before a name: `Von`, `Eine Analyse von`."""
    return _PREFIX_ONLY.match(text) is not None or NAME_PREFIX.fullmatch(f"{text} ") is not None


def _pieces(element: HtmlElement) -> Iterator[tuple[str | None, bool]]:
    """The byline's texts, each with whether it is a link or bold; None for a time element."""
    yield element.text or "", False
    for child in element:
        if child.tag == "time":
            yield None, False
        elif child.tag == "a" or (child.tag in {"b", "strong"} and not len(child)):
            yield raw_text(child), True
        elif isinstance(child.tag, str):
            yield from _pieces(child)
        yield child.tail or "", False
