"""Choose an article's authors from JSON-LD, the meta elements and the visible byline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard
from urllib.parse import urlsplit

import msgspec

from pipeline.extract.metadata.agencies import AGENCY_LINE
from pipeline.extract.metadata.declared import Declared, Node, names_of, types_of
from pipeline.extract.metadata.person_names import (
    NEWSROOM_WORDS,
    bare_name,
    given_names_first,
    may_sign,
    parts_of,
    split_names,
)
from pipeline.extract.page.quotations import NAME
from pipeline.extract.page.text import normal, plain, words_of

_AUTHOR_METAS = (
    "cxenseparse:author",
    "mrf:authors",
    "parsely-author",
    "sailthru.author",
    "articleauthor",
    "article:author_name",
)
"""Filled by the newsroom's system, so tried before the visible byline."""
LOOSE_AUTHOR_METAS = ("itemprop=author", "author", "article:author", "byl", "dcsext.author")
"""Often name the outlet, so tried after the visible byline."""
_INVERTED_METAS = ("dc.creator", "dcterms.creator", "citation_author")
"""Tried last. Dublin Core recommends `Berg, Anna`, so a comma does not separate two authors."""

_WRITTEN = re.compile(
    r"^(?:written|geschrieben|verfasst|auteur|autor|author|escrito|écrit|scritto|von|by)\b", re.IGNORECASE
)
_NEWSROOM = re.compile(
    r"(?:redaktion|redaksjon|redactie|redakcja|redazione|redacción|redação|rédaction|news ?room|news ?desk)\b"
    r"|\bstaff (?:reporter|writer)",
    re.IGNORECASE,
)
"""A part of a newsroom: `Politik-Redaktion`, `Harbour news desk`."""
_ORGANISATIONS = frozenset({"Organization", "NewsMediaOrganization"})
_ACCOUNTS = frozenset({"json-ld", *_AUTHOR_METAS, *LOOSE_AUTHOR_METAS})
"""Places in which a single word may be the account of the newsroom system; a visible name is preferred to it."""
_INITIALS = re.compile(r"\(?([a-zäöü]{2,4}(?:\s?[,/]\s?[a-zäöü]{2,4}){0,3})(?:\)$|;|$)")
"""A signature of initials, perhaps with other credits after it: `(abe)`, `abe, boc; Foto: Nordpress`."""
_MAX_SIGNATURE_CHARS = 140


class OutletNames(msgspec.Struct, frozen=True):
    """The names of the page's outlet: the declared ones and its host."""

    keys: frozenset[str]

    @classmethod
    def of_page(cls, declared: Declared, sites: Sequence[str], url: str) -> OutletNames:
        """`sites` are the outlet's names as `site_names` gives them."""
        names = list(sites)
        for node in (declared.article, declared.page):
            author_nodes = node.get("author")
            for author in author_nodes if isinstance(author_nodes, list) else [author_nodes]:
                if _is_default(author):
                    names += names_of(author, declared)
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        declared_keys = (_key(plain(name)) for name in names if not AGENCY_LINE.match(name))
        return cls(frozenset(("", _key(host.rsplit(".", 1)[0]), *declared_keys)))

    def is_named(self, name: str) -> bool:
        """True if the name is the outlet's or its newsroom's."""
        return _NEWSROOM.search(name) is not None or _key(name) in self.keys


def _key(name: str) -> str:
    """The name without newsroom words, for comparison: `Guardian staff reporter` equals `The Guardian`."""
    return "".join(word for word in words_of(name) if word not in NEWSROOM_WORDS)


class Authors(msgspec.Struct, frozen=True):
    """The authors of an article, and the place they were read from."""

    names: tuple[str, ...] = ()
    origin: str = ""
    are_persons: bool = False
    """False if only the outlet, its newsroom or an agency is named."""


def choose_authors(declared: Declared, byline: str | None, outlet: OutletNames) -> Authors:
    """The authors from the first place, in the order below, that names a person.

    If every place names only the outlet, its newsroom or an agency, the author is the first of these that says more
    than `Redaktion`.
    """
    organisations = Authors()
    for origin, names in _named_authors(declared, byline):
        authors = _distinct(names)
        persons = _distinct(name for name in authors if not outlet.is_named(name))
        named = [name for name in persons if not AGENCY_LINE.match(name)]
        if named and not (origin in _ACCOUNTS and all(map(_may_be_account, named))):
            is_longer = byline is not None and len(byline) > len(" ".join(persons))
            shown = _distinct(signed_by(byline, outlet)) if byline and is_longer else ()
            names_more = {*map(normal, persons)} < {*map(normal, shown)}
            return Authors(shown, "byline", True) if names_more else Authors(persons, origin, True)
        if authors and not any(map(_key, organisations.names)):
            organisations = Authors(authors, origin)
    return organisations


def _may_be_account(name: str) -> bool:
    """True for a single word, except in a script without capitals, which may write names as one word."""
    return " " not in name and name.lower() != name.upper()


def _named_authors(declared: Declared, byline: str | None) -> Iterator[tuple[str, list[str]]]:
    """The places that name authors, the most trusted first, with their names. A place is read only when it is asked."""
    is_default = _is_default(declared.article.get("author"))
    if not is_default:
        yield "json-ld", _json_ld_names(declared, "author")
    yield "json-ld", _json_ld_names(declared, "creator")
    for name in _AUTHOR_METAS:
        yield name, _split_all(declared.metas.get(name, ()))
    yield "byline", _split_all((byline,) if byline else ())
    if is_default:
        yield "json-ld", _json_ld_names(declared, "author")
    for name in LOOSE_AUTHOR_METAS:
        yield name, _split_all(declared.metas.get(name, ()))
    for name in _INVERTED_METAS:
        yield name, _split_all(given_names_first(declared.metas.get(name, ())))
    yield "twitter:data", _split_all(_labelled(declared))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names without those that differ only in capitals or marks."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(normal(name), name)
    return tuple(found.values())


def _labelled(declared: Declared) -> list[str]:
    """The values that cards for X label as the author: `twitter:label1` "Written by", `twitter:data1` "Anna Berg"."""
    labels = {number: declared.meta(f"twitter:label{number}") for number in (1, 2)}
    values = [
        declared.meta(f"twitter:data{number}") for number, label in labels.items() if _WRITTEN.search(label or "")
    ]
    return [value for value in values if value]


def _json_ld_names(declared: Declared, key: str) -> list[str]:
    values = (names_of(node.get(key), declared) for node in (declared.article, declared.page))
    return next(filter(None, (_split_all(given_names_first(names)) for names in values)), [])


def _is_default(author: object) -> TypeGuard[Node]:
    """True for an organisation, which systems declare as the author of every article."""
    return isinstance(author, Mapping) and not _ORGANISATIONS.isdisjoint(types_of(author))


def _split_all(values: Iterable[str]) -> list[str]:
    return [name for value in values for name in split_names(value)]


def signed_by(line: str, outlet: OutletNames | None = None) -> tuple[str, ...]:
    """The persons that a line names, if it holds nothing but their names: `(Anna Berg)`, `Reporting by Anna Berg`.

    It may also name an agency or the outlet; the outlet's newsroom signs, if it is all that the line names.
    """
    text = line.strip(" ()") if len(line) <= _MAX_SIGNATURE_CHARS else ""
    parts = [part for part in parts_of(text) if part]
    names = split_names(text)
    own = [name for name in names if outlet is not None and outlet.is_named(name)]
    persons = tuple(name for name in names if name not in own and not AGENCY_LINE.match(name))
    if len(parts) == len(names) + 1 and names and " " not in bare_name(parts[-1]):
        parts.pop()  # a place or a role
    if len(parts) != len(names) or not all(may_sign(word) for part in parts for word in part.split()):
        return ()
    if own and len(own) == len(names):
        return tuple(name for name in own if _NEWSROOM.search(name))
    return persons if all(map(NAME.match, persons)) else ()


def initials_in(line: str) -> tuple[str, ...]:
    """The initials that a line is signed with: `(abe/boc)`; those of an agency do not count."""
    signature = _INITIALS.match(line) if len(line) <= _MAX_SIGNATURE_CHARS else None
    initials = re.split(r"\s?[,/]\s?", signature[1]) if signature else []
    return () if any(map(AGENCY_LINE.match, initials)) else tuple(initials)
