"""Choosing an article's authors among what JSON-LD, the meta elements and the visible byline say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from pipeline.extract.agencies import AGENCY_LINE
from pipeline.extract.declared import Declared, names_of, types_of
from pipeline.extract.text import CAPITALS, plain, words_of

_AUTHOR_METAS = (
    "cxenseparse:author",
    "mrf:authors",
    "parsely-author",
    "articleauthor",
    "article:author_name",
)
"""Filled by the newsroom's system, so before the visible byline."""
_LOOSE_AUTHOR_METAS = ("author", "article:author", "dc.creator", "dcterms.creator")
"""Often the outlet's, so after it."""

_NAME_SEPARATOR = re.compile(r"\s*(?:[;|•·]|\s/\s|,|\s(?:und|and|og|och|y|&)\s)\s*")
_NAME_PREFIX = re.compile(
    r"^(?:von|by|text|autor(?:in)?|author|par|por|di|af|av|door|ein(?:e)? \w+ von|interview|foto)\b\s*:?\s+",
    re.IGNORECASE,
)
_NAME_REST = re.compile(rf"\s*\([^()]{{1,40}}\)\s*$|\s+/\s+\w+$|\s*\|.*$|\s(?:in|aus|from)\s(?=[{CAPITALS}]).{{2,30}}$")
"""Initials, a job, a place: `(obe)`, `/ Reporter`, `in Kiel`."""
_PLACE = re.compile(rf",\s*(?P<word>[{CAPITALS}](?:[^\W\d_]|-){{2,}})\s*(?:\([^()]{{1,40}}\))?\s*$")
_NEWSROOM_WORDS = (
    "contributor desk editor editorial editors news newsroom online reporter reporters staff team the web writer"
    " writers der nachrichten onlineredaktion redaktion von"
)
"""Words with an outlet's name, or alone, that name nobody: `Guardian staff reporter`, `Online-Redaktion`."""
_NOBODY = frozenset(_NEWSROOM_WORDS.split())
_NOT_A_NAME = re.compile(
    r"https?://|www\.|@\S+\.|^@|[<>{}\[\]=]|\d{3}|^\(|^(?:quelle|source|foto|image|stand|lesezeit)\b|\b(?:uhr|image|foto|getty|min(?:uten)?|read)\b:?$",
    re.IGNORECASE,
)


def choose_authors(declared: Declared, byline: str | None, url: str) -> tuple[tuple[str, ...], str]:
    """Who JSON-LD names, then the meta elements, then the byline; the outlet itself only where nobody else is named."""
    outlet = _outlet_names(declared)
    organisations: tuple[str, ...] = ()
    organisations_origin = ""
    for origin, names in (
        ("json-ld", _json_ld_authors(declared)),
        *((name, _split_all(declared.metas.get(name, ()))) for name in _AUTHOR_METAS),
        ("byline", _split_all((byline,) if byline else ())),
        *((name, _split_all(declared.metas.get(name, ()))) for name in _LOOSE_AUTHOR_METAS),
    ):
        authors = tuple(dict.fromkeys(names))
        if not authors:
            continue
        if not _is_outlet(authors[0], outlet, url):
            return authors, origin
        if not organisations:
            organisations, organisations_origin = authors, origin
    return organisations, organisations_origin


def _is_outlet(name: str, outlet: frozenset[str], url: str) -> bool:
    """The outlet itself, by its declared names or by its host's, or its newsroom."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return _key(name) in {"", _key(host), _key(host.rsplit(".", 1)[0]), *outlet}


def _key(name: str) -> str:
    """The words that tell an outlet from others: `Guardian staff reporter` is `The Guardian`."""
    return "".join(word for word in words_of(name) if word not in _NOBODY)


def _outlet_names(declared: Declared) -> frozenset[str]:
    names = [declared.meta("og:site_name"), declared.meta("application-name")]
    for node in (declared.article, declared.page):
        names += names_of(node.get("publisher"), declared)
        author_nodes = node.get("author")
        for author in author_nodes if isinstance(author_nodes, list) else [author_nodes]:
            if isinstance(author, Mapping) and types_of(author) & {"Organization", "NewsMediaOrganization"}:
                names += names_of(author, declared)
    return frozenset(_key(plain(name)) for name in names if name)


def _json_ld_authors(declared: Declared) -> list[str]:
    names: list[str] = []
    for node in (declared.article, declared.page):
        for key in ("author", "creator"):
            names = _split_all(names_of(node.get(key), declared))
            if names:
                return names
    return names


def _split_all(values: Iterable[str]) -> list[str]:
    return [name for value in values for name in split_names(value)]


def _without_place(byline: str) -> str:
    """A single word after full names is where they write from, unless it is an agency."""
    place = _PLACE.search(byline)
    if place is None or AGENCY_LINE.match(place["word"]):
        return byline
    before = _NAME_SEPARATOR.split(byline[: place.start()])
    return byline[: place.start()] if all(" " in name for name in before) else byline


def split_names(byline: str) -> list[str]:
    """`Von Anna Berg und Bo Carls, Kiel` is two names; addresses and e-mails are none."""
    names = []
    for part in _NAME_SEPARATOR.split(_without_place(_NAME_PREFIX.sub("", plain(byline)))):
        name = _NAME_REST.sub("", _NAME_PREFIX.sub("", part)).strip(" ,.:-–")
        if 1 < len(name) <= 60 and not _NOT_A_NAME.search(name) and any(character.isalpha() for character in name):
            names.append(name)
    return names
