"""Pages that say that the page does not exist, although their status is 200.

If the page has a headline, the headline decides, because a part of an article's title may read like such a message.
German and English messages are recognised.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from pipeline.collect.feeds.charset import decode_text
from pipeline.collect.pages.section_pages import parse_html

SOFT_404 = "soft_404"

_HEAD_BYTES = 300_000
"""Only this first part of a page is searched for a headline."""
_MAX_LINE_CHARS = 150
"""The rest of a longer headline is ignored."""
_MAX_HEADLINES = 8
"""Elements of each kind that are looked at."""
_HEADLINE = re.compile(r"<(?:title|h1)\b", re.IGNORECASE)
_NAME_WORDS = 4
"""Maximum number of words in the name of a site."""
_BETWEEN = re.compile(r"\s+(?:[|–—·»-]|::)\s+|[|»]")
"""Separates a page's message from the name of its site in a title."""

_CALL = (
    r"(?:(?:oops|ups|hoppla|huch|sorry|leider|we(?:[’']| a)re sorry|es tut uns leid|fehler|error|hinweis)[!,.:…]* ?)"
)
_NUMBER = r"(?:(?:http|error|fehler)[ -]?)*(?:code )?404(?:[ -](?:error|fehler))?"
_THING_DE = r"(?:web)?seite|artikel|beitrag|inhalt|dokument|meldung"
_WANTED_DE = r"(?:von ihnen )?(?:(?:an|auf)?ge(?:forderte|rufene|wünschte|suchte)[rns]? )?"
_THE_DE = rf"(?:(?:die|der|das|diese[rs]?|ihre) )?{_WANTED_DE}(?:{_THING_DE})"
_THING_EN = r"(?:web ?)?page|article|story|content|document"
_THE_EN = rf"(?:(?:the|this|that|your) )?(?:requested )?(?:{_THING_EN})(?: you (?:requested|(?:were|are) looking for))?"
_PHRASES = (
    rf"{_THE_DE}(?: (?:wurde|konnte|kann|ist|existiert|steht))?(?: leider)? nicht(?: mehr)?"
    r"(?: (?:gefunden|verfügbar|vorhanden|auffindbar|online|zur verfügung))?(?: werden)?",
    rf"{_THE_DE} gibt es(?: leider)? nicht(?: mehr)?",
    rf"(?:wurde|konnte|ist) {_THE_DE}(?: leider)? nicht(?: mehr)? (?:gefunden|verfügbar|vorhanden)(?: werden)?",
    rf"{_THE_DE} (?:wurde|ist)(?: leider)? (?:gelöscht|entfernt)(?: worden)?",
    rf"{_THE_EN}(?: (?:is|was|could|ca|can|does|has))?(?:n[’']t| ?not| no longer)(?: be| been)?"
    r" (?:found|available|exists?)",
    rf"{_THE_EN} (?:has been|was|is) (?:removed|deleted)",
    rf"we (?:can[’']t|cannot|could ?n[o’']t) find {_THE_EN}",
)
_NOTHING = re.compile(
    rf"{_CALL}*(?:{_NUMBER}[ ,:–—-]*)?{_CALL}*\(?(?:{'|'.join(_PHRASES)})\)?[.!]*(?: ?\(?{_NUMBER}\)?)?[.!]*",
    re.IGNORECASE,
)
_PERHAPS = re.compile(
    rf"\(?{_NUMBER}\)?[.!]*|(?:{_NUMBER}[ ,:–—-]*)?\(?(?:not found|nicht gefunden)\)?[.!]*", re.IGNORECASE
)
"""Short messages that the title of an article can begin with, too."""
_HINT = re.compile(r"404|nicht|no[tn]|n[’']t|n&|gelöscht|entfernt|removed|deleted|no longer", re.IGNORECASE)
_DATED = ("article:published_time", '"datePublished"', "'datePublished'", "itemprop=datePublished")
"""Only an article says when it was published, even if it is about a page that was not found."""


def is_dated(text: str) -> bool:
    """True if the markup says when the page was published."""
    return any(mark in text for mark in _DATED)


def is_soft_404(body: bytes, content_type: str | None) -> bool:
    """True if the headline of the page, or without one its title, says that the page does not exist."""
    text, _ = decode_text(body[:_HEAD_BYTES], content_type)
    starts = (found.end() for found in islice(_HEADLINE.finditer(text), _MAX_HEADLINES))
    if not any(_HINT.search(text, start, start + 2 * _MAX_LINE_CHARS) for start in starts) or is_dated(text):
        return False
    root = parse_html(body[:_HEAD_BYTES], content_type)
    return root is not None and _says_so(*headlines(root))


def headlines(root: HtmlElement) -> tuple[str, str]:
    """The title and the first headline of a page, each on one line; empty if it has none."""
    return _line(root, "title"), _line(root, "h1")


def title_parts(title: str) -> list[str]:
    """A title often has the name of the site before or after a separator."""
    return [part.strip() for part in _BETWEEN.split(title)]


def _says_so(title: str, headline: str) -> bool:
    if _NOTHING.fullmatch(headline):
        return True
    parts = title_parts(title)
    none = [part for part in parts if _NOTHING.fullmatch(part)]
    maybe = [part for part in parts if _PERHAPS.fullmatch(part)]
    if sum(len(part.split()) for part in parts if part not in (*none, *maybe)) > _NAME_WORDS:
        return False
    if not headline:
        return bool(none or maybe)
    return bool(_PERHAPS.fullmatch(headline) or (none and len(headline.split()) <= _NAME_WORDS))


def _line(root: HtmlElement, tag: str) -> str:
    """The text of the first element with this tag that is not empty, on one line."""
    lines = (" ".join(element.text_content().split()) for element in islice(root.iter(tag), _MAX_HEADLINES))
    return next((line[:_MAX_LINE_CHARS] for line in lines if line), "")
