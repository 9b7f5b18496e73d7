"""Choosing an article's headline, authors, dates and so on among what the page declares and shows.

Each field has its candidates in order of trust, each with its origin; the rules that choose are below, one function
a field. Trust follows from measuring real pages: JSON-LD is filled by the newsroom's system and exact to the
second; OpenGraph is often rewritten for sharing; plain meta names are often the outlet's, not the author's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipeline.events import Access
from pipeline.extract.dates import Moment, parse_moment
from pipeline.extract.declared import Declared, types_of
from pipeline.extract.header import Header, likeness
from pipeline.extract.text import plain, words_of

CLOCK_SKEW = timedelta(minutes=15)
"""A page may be dated this much after its capture: its server's clock is not ours."""

_PUBLISHED_METAS = (
    "article:published_time",
    "article:published:time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "date.available",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "date",
    "last-modified",
)
_MODIFIED_METAS = (
    "article:modified_time",
    "article:modified:time",
    "og:updated_time",
    "datemodified",
    "date.modified",
    "dcterms.modified",
    "dc.date.modified",
)
_AUTHOR_METAS = (
    "cxenseparse:author",
    "mrf:authors",
    "parsely-author",
    "articleauthor",
    "article:author_name",
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
)

_TITLE_SUFFIX = re.compile(r"\s+(?:[|–—·•]|-)\s+(?=[^|–—·•]{2,40}$)|[:：｜](?=[^\s:：｜]{2,20}$)")
_NAME_SEPARATOR = re.compile(r"\s*(?:[;|•·]|\s/\s|,|\s(?:und|and|og|och|y|&)\s)\s*")
_NAME_PREFIX = re.compile(
    r"^(?:von|by|text|autor(?:in)?|author|par|por|di|af|av|door|ein(?:e)? \w+ von|interview|foto)\b\s*:?\s+",
    re.IGNORECASE,
)
_NAME_REST = re.compile(r"\s*\([^()]{1,40}\)\s*$|\s+/\s+\w+$|\s*\|.*$")
_NOT_A_NAME = re.compile(
    r"https?://|www\.|@\S+\.|^@|[<>{}\[\]=]|\d{3}|^\(|^(?:quelle|source|foto|image|stand|lesezeit)\b|\b(?:uhr|image|foto|getty|min(?:uten)?|read)\b:?$",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"^[a-zA-Z]{2,3}(?=$|[-_])")
_ISO_639_3 = {
    "deu": "de",
    "ger": "de",
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "dut": "nl",
}


class Metadata(msgspec.Struct, frozen=True):
    """The chosen values. `origins` says for each chosen field where it was read."""

    headline: str | None
    kicker: str | None
    lead: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    language: str | None
    section: str | None
    access: Access
    origins: Mapping[str, str]


def declared_titles(declared: Declared) -> list[str]:
    """Titles without the outlet's name, best first."""
    site = plain(declared.meta("og:site_name") or "")
    found = (
        declared.article.get("headline"),
        declared.meta("og:title"),
        declared.meta("twitter:title"),
        declared.page.get("headline"),
    )
    return _distinct(_without_site(plain(title), site) for title in found if isinstance(title, str))


def declared_descriptions(declared: Declared) -> list[str]:
    found = (
        declared.article.get("description"),
        declared.meta("og:description"),
        declared.meta("description"),
        declared.meta("twitter:description"),
    )
    return _distinct(plain(text) for text in found if isinstance(text, str))


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _without_site(title: str, site: str) -> str:
    """`Headline | Outlet` without the outlet, if that is what stands at the end."""
    match = _TITLE_SUFFIX.search(title)
    if match and (likeness(title[match.end() :], site) > 0 or "." in title[match.end() :]):
        return title[: match.start()]
    return title


def choose(
    declared: Declared, header: Header, *, title: str | None, language: str | None, url: str, captured_at: datetime
) -> Metadata:
    """The rules. `title` is the title element's text, `language` the html element's lang."""
    headline, headline_origin = _choose_headline(declared, header, title)
    section = _choose_section(declared)
    published, published_origin = _choose_published(declared, header, captured_at)
    modified, modified_origin = _choose_modified(declared, published, captured_at)
    authors, authors_origin = _choose_authors(declared, header, url)
    return Metadata(
        headline=headline,
        kicker=_without_section(header.kicker, section),
        lead=header.lead,
        authors=authors,
        published_at=published,
        modified_at=modified,
        language=_choose_language(declared, language),
        section=section,
        access=_choose_access(declared),
        origins={
            name: origin
            for name, origin in (
                ("headline", headline_origin),
                ("published_at", published_origin),
                ("modified_at", modified_origin),
                ("authors", authors_origin),
            )
            if origin
        },
    )


# Headline


def _choose_headline(declared: Declared, header: Header, title: str | None) -> tuple[str | None, str]:
    """The wording that most origins share; where they differ one by one, the heading a reader sees."""
    site = plain(declared.meta("og:site_name") or "")
    candidates = [
        ("heading", header.headline),
        ("json-ld", declared.article.get("headline")),
        ("og:title", declared.meta("og:title", "twitter:title")),
        ("title", title),
    ]
    wordings = [(origin, _without_site(plain(text), site)) for origin, text in candidates if isinstance(text, str)]
    wordings = [(origin, text) for origin, text in wordings if text]
    if not wordings:
        return None, ""
    origin, headline = max(wordings, key=lambda one: sum(_same_wording(one[1], other) for _, other in wordings))
    return headline, origin


def _same_wording(one: str, other: str) -> bool:
    """The same words, but for a kicker or the outlet before or after them."""
    shorter, longer = sorted((" ".join(words_of(one)), " ".join(words_of(other))), key=len)
    return bool(shorter) and shorter in longer and len(shorter) >= 0.6 * len(longer)


# Dates


def _choose_published(declared: Declared, header: Header, captured_at: datetime) -> tuple[datetime | None, str]:
    candidates = [
        ("json-ld", declared.article.get("datePublished")),
        *((name, declared.meta(name)) for name in _PUBLISHED_METAS),
        *(("time", text) for text in header.times),
        ("json-ld page", declared.page.get("datePublished")),
        ("json-ld created", declared.article.get("dateCreated")),
        ("json-ld upload", declared.page.get("uploadDate")),
    ]
    return _most_exact(candidates, captured_at)


def _choose_modified(
    declared: Declared, published_at: datetime | None, captured_at: datetime
) -> tuple[datetime | None, str]:
    candidates = [
        ("json-ld", declared.article.get("dateModified")),
        *((name, declared.meta(name)) for name in _MODIFIED_METAS),
        ("json-ld page", declared.page.get("dateModified")),
    ]
    modified_at, origin = _most_exact(candidates, captured_at)
    if modified_at is None or (published_at is not None and modified_at < published_at):
        return None, ""
    return modified_at, origin


def _most_exact(candidates: Iterable[tuple[str, object]], captured_at: datetime) -> tuple[datetime | None, str]:
    """The first candidate's day, as exactly as any candidate says it; dates after the capture are refused."""
    moments: list[tuple[str, Moment]] = []
    for origin, value in candidates:
        moment = parse_moment(value) if isinstance(value, str) else None
        if moment is not None and moment.at <= captured_at + CLOCK_SKEW and moment.at.year >= 1990:
            moments.append((origin, moment))
    if not moments:
        return None, ""
    first = moments[0][1].at
    near = [(origin, moment) for origin, moment in moments if abs(moment.at - first) < timedelta(hours=36)]
    origin, chosen = min(near, key=lambda entry: (not entry[1].has_time, not entry[1].has_zone))
    return chosen.at, origin


# Authors


def _choose_authors(declared: Declared, header: Header, url: str) -> tuple[tuple[str, ...], str]:
    """Who JSON-LD names, then the meta elements, then the byline; the outlet itself only where nobody else is named."""
    outlet = _outlet_names(declared)
    organisations: tuple[str, ...] = ()
    organisations_origin = ""
    for origin, names in (
        ("json-ld", _json_ld_authors(declared)),
        *((name, _split_all(declared.metas.get(name, ()))) for name in _AUTHOR_METAS[:5]),
        ("byline", _split_all((header.byline,) if header.byline else ())),
        *((name, _split_all(declared.metas.get(name, ()))) for name in _AUTHOR_METAS[5:]),
    ):
        authors = tuple(_distinct(names))
        if not authors:
            continue
        if not _is_outlet(authors[0], outlet, url):
            return authors, origin
        if not organisations:
            organisations, organisations_origin = authors, origin
    return organisations, organisations_origin


def _is_outlet(name: str, outlet: frozenset[str], url: str) -> bool:
    """The outlet itself, by its declared names or by its host's."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    key = _key(name)
    return key in outlet or key in {_key(host), _key(host.rsplit(".", 1)[0])}


def _key(name: str) -> str:
    return "".join(words_of(name))


def _outlet_names(declared: Declared) -> frozenset[str]:
    names = [declared.meta("og:site_name"), declared.meta("application-name")]
    for node in (declared.article, declared.page):
        publisher = _resolve(node.get("publisher"), declared)
        names += list(_names_of(publisher, declared, depth=0))
        author_nodes = node.get("author")
        for author in author_nodes if isinstance(author_nodes, list) else [author_nodes]:
            if isinstance(author, Mapping) and types_of(author) & {"Organization", "NewsMediaOrganization"}:
                names += list(_names_of(author, declared, depth=0))
    return frozenset(_key(plain(name)) for name in names if name)


def _json_ld_authors(declared: Declared) -> list[str]:
    names: list[str] = []
    for node in (declared.article, declared.page):
        for key in ("author", "creator"):
            names = _split_all(_names_of(node.get(key), declared, depth=0))
            if names:
                return names
    return names


def _resolve(value: object, declared: Declared) -> object:
    """A node given only by @id is the node of that @id elsewhere on the page."""
    if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("@id"), str):
        return declared.nodes.get(value["@id"], value)
    return value


def _names_of(value: object, declared: Declared, depth: int) -> Iterator[str]:
    value = _resolve(value, declared)
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        name: Any = value.get("name")
        if depth < 3:
            yield from _names_of(name, declared, depth + 1)
    elif isinstance(value, list) and depth < 3:
        for item in value[:40]:
            yield from _names_of(item, declared, depth + 1)


def _split_all(values: Iterable[str]) -> list[str]:
    return [name for value in values for name in split_names(value)]


def split_names(byline: str) -> list[str]:
    """`Von Anna Berg und Bo Carls, Kiel (dpa)` is three names; addresses and e-mails are none."""
    names = []
    for part in _NAME_SEPARATOR.split(_NAME_PREFIX.sub("", plain(byline))):
        name = _NAME_REST.sub("", _NAME_PREFIX.sub("", part)).strip(" ,.:-–")
        if 1 < len(name) <= 60 and not _NOT_A_NAME.search(name) and any(character.isalpha() for character in name):
            names.append(name)
    return names


# The rest


def _choose_language(declared: Declared, html_language: str | None) -> str | None:
    in_language = declared.article.get("inLanguage")
    if isinstance(in_language, Mapping):
        in_language = in_language.get("alternateName") or in_language.get("name")
    for candidate in (
        html_language,
        in_language,
        declared.meta("og:locale"),
        declared.meta("content-language", "language", "dc.language"),
    ):
        match = _LANGUAGE.match(candidate.strip()) if isinstance(candidate, str) else None
        if match:
            code = match[0].lower()
            code = _ISO_639_3.get(code, code)
            if len(code) == 2:
                return code
    return None


def _choose_section(declared: Declared) -> str | None:
    for candidate in (
        declared.article.get("articleSection"),
        declared.meta("article:section", "og:article:section", "section", "parsely-section"),
    ):
        value = candidate[0] if isinstance(candidate, list) and candidate else candidate
        if isinstance(value, str) and 0 < len(plain(value)) <= 80:
            return plain(value)
    return None


def _without_section(kicker: str | None, section: str | None) -> str | None:
    """`World / Floods` in the section World is the kicker `Floods`."""
    first, _, rest = re.sub(r"\s+[/|›»>]\s+", "\n", kicker or "").partition("\n")
    return rest if rest and section and words_of(first) == words_of(section) else kicker


_NOT_FREE = frozenset({"false", "no", "0", "http://schema.org/false", "https://schema.org/false"})
_TIERS = {
    "free": Access.OPEN,
    "metered": Access.METERED,
    "locked": Access.PAYWALLED,
    "paid": Access.PAYWALLED,
    "premium": Access.PAYWALLED,
}


def _choose_access(declared: Declared) -> Access:
    """isAccessibleForFree (https://schema.org/isAccessibleForFree) and the content tier of OpenGraph's article."""
    tier = _TIERS.get(
        (declared.meta("article:content_tier", "og:article:content_tier", "content_tier") or "").strip().lower()
    )
    for node in (declared.article, declared.page):
        free = node.get("isAccessibleForFree")
        if free is not None and str(free).strip().lower() in _NOT_FREE:
            return Access.METERED if tier is Access.METERED else Access.PAYWALLED
    return tier or Access.OPEN


def as_utc(at: datetime) -> datetime:
    """A capture time without zone is UTC."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
