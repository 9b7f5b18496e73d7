"""Pages that say there is no such page, although their status is 200."""

from __future__ import annotations

import re
from html import unescape

from pipeline.collect.feeds.charset import decode_text

SOFT_404 = "soft_404"

_HEADLINES = tuple(re.compile(rf"<{tag}(?:\s[^<>]*)?>(.*?)</{tag}\s*>", re.I | re.S) for tag in ("title", "h1"))
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN = re.compile(r"\s+(?:[|–—·»-]|::)\s+|[|»]")
"""Stands between what a page says and the name of its site."""
_NUMBER = r"(?:(?:http|error|fehler)[ -]?)*(?:code )?404(?:[ -](?:error|fehler))?"
_PHRASES = (
    r"not found|nicht gefunden",
    r"(?:(?:die|diese|der|dieser) )?(?:(?:angeforderte|aufgerufene|gewünschte|gesuchte)[rn]? )?"
    r"(?:seite|webseite|artikel|beitrag|inhalt|dokument)"
    r"(?: (?:wurde|konnte|kann|ist|existiert))?(?: leider)? nicht(?: mehr)?"
    r"(?: (?:gefunden|verfügbar|vorhanden|auffindbar))?(?: werden)?",
    r"(?:sorry,? )?(?:(?:the|this|that) )?(?:requested )?(?:web ?)?(?:page|article|story|content|document)"
    r"(?: you (?:requested|were looking for|are looking for))?"
    r"(?: (?:is|was|could|can|does|has))?(?:n[’']t| ?not| no longer)(?: (?:be|been))? (?:found|available|exist|exists)",
    r"(?:sorry,? )?we (?:can[’']t|cannot|could ?n[o’']t) find (?:the|that|this) (?:page|article|story)"
    r"(?: you (?:requested|were looking for|are looking for))?",
)
_NOTHING = re.compile(rf"{_NUMBER}|(?:{_NUMBER})?[ ,:(]*(?:{'|'.join(_PHRASES)})[).!]*", re.IGNORECASE)
_DATED = re.compile(r"""article:published_time|["']datePublished["']""")
"""Only an article says when it was published, also one that is about a page not found."""


def is_soft_404(body: bytes, content_type: str | None) -> bool:
    """Whether the page's title or headline says, in German or English, that there is none."""
    text, _ = decode_text(body, content_type)
    said = [part for tag in _HEADLINES if (found := tag.search(text)) for part in _parts(found[1])]
    return any(_NOTHING.fullmatch(part) for part in said) and not _DATED.search(text)


def _parts(headline: str) -> list[str]:
    line = " ".join(unescape(_TAG.sub(" ", headline)).split())
    return [line, *(part.strip() for part in _BETWEEN.split(line))]
