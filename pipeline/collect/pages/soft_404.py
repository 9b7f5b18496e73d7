"""Pages that say there is no such page, although their status is 200.

The headline decides, where the page has one: an article may be called so in a part of its title. German and English are
understood.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.collect.feeds.charset import decode_text

SOFT_404 = "soft_404"

_HEAD_BYTES = 300_000
"""A headline stands in the first part of a page."""
_MOST_CHARS = 150
_MOST_HEADLINES = 8
_HEADLINE = re.compile(r"<(?:title|h1)\b", re.IGNORECASE)
_NAME_WORDS = 4
"""Names of sites have no more."""
_BETWEEN = re.compile(r"\s+(?:[|–—·»-]|::)\s+|[|»]")
"""Stands between what a page says and the name of its site."""

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
"""Few words, with which the title of an article can begin, too."""
_HINT = re.compile(r"404|nicht|no[tn]|n[’']t|n&|gelöscht|entfernt|removed|deleted|no longer", re.IGNORECASE)
_DATED = re.compile(r"""article:published_time|["']datePublished["']""")
"""Only an article says when it was published, also one that is about a page not found."""


def is_soft_404(body: bytes, content_type: str | None) -> bool:
    """Whether the page's headline, or else its title, says that there is none."""
    text, _ = decode_text(body[:_HEAD_BYTES], content_type)
    starts = (found.end() for found in islice(_HEADLINE.finditer(text), _MOST_HEADLINES))
    if not any(_HINT.search(text, start, start + 2 * _MOST_CHARS) for start in starts) or _DATED.search(text):
        return False
    try:
        root = document_fromstring(text.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return False
    return _says_so(title=_line(root, "title"), headline=_line(root, "h1"))


def _says_so(title: str, headline: str) -> bool:
    if _NOTHING.fullmatch(headline):
        return True
    parts = [part.strip() for part in _BETWEEN.split(title)]
    none = [part for part in parts if _NOTHING.fullmatch(part)]
    maybe = [part for part in parts if _PERHAPS.fullmatch(part)]
    if sum(len(part.split()) for part in parts if part not in (*none, *maybe)) > _NAME_WORDS:
        return False
    if not headline:
        return bool(none or maybe)
    return bool(_PERHAPS.fullmatch(headline) or (none and len(headline.split()) <= _NAME_WORDS))


def _line(root: HtmlElement, tag: str) -> str:
    """The text of the first such element that has any."""
    lines = (" ".join(element.text_content().split()) for element in islice(root.iter(tag), _MOST_HEADLINES))
    return next((line[:_MOST_CHARS] for line in lines if line), "")
