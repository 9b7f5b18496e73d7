"""Choosing an article's headline, authors, dates and so on among what the page declares and shows.

Each field has its candidates in order of trust, each with its origin; the rules that choose are below, one function
a field. Trust follows from measuring real pages: JSON-LD is filled by the newsroom's system and exact to the
second; OpenGraph is often rewritten for sharing; plain meta names are often the outlet's, not the author's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import msgspec

from pipeline.events import Access
from pipeline.extract.authors import choose_authors
from pipeline.extract.dates import Moment, parse_moment
from pipeline.extract.declared import Declared, Node
from pipeline.extract.header import Header
from pipeline.extract.text import plain, words_of
from pipeline.extract.titles import choose_headline, site_names

CLOCK_SKEW = timedelta(minutes=15)
"""A page may be dated this much after its capture: its server's clock is not ours."""

_MAX_URL_CHARS = 2_000

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

    headline: str | None = None
    kicker: str | None = None
    lead: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
    section: str | None = None
    access: Access = Access.OPEN
    canonical_url: str | None = None
    origins: Mapping[str, str] = {}


def choose(
    declared: Declared, header: Header, *, title: str | None, language: str | None, url: str, captured_at: datetime
) -> Metadata:
    """The rules. `title` is the title element's text, `language` the html element's lang."""
    headline, headline_origin = choose_headline(
        header.headline, header.kicker, declared, title, site_names(declared, url)
    )
    section = _choose_section(declared)
    published, published_origin = _choose_published(declared, header, captured_at)
    modified, modified_origin = _choose_modified(declared, published, captured_at)
    authors, authors_origin = choose_authors(declared, header.byline, url)
    origins = {
        "headline": headline_origin,
        "published_at": published_origin,
        "modified_at": modified_origin,
        "authors": authors_origin,
    }
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
        canonical_url=_choose_canonical_url(declared, url),
        origins={name: origin for name, origin in origins.items() if origin},
    )


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


def _choose_canonical_url(declared: Declared, url: str) -> str | None:
    """rel=canonical (RFC 6596), else og:url. A page that names its site's front page names nothing."""
    for candidate in (declared.canonical, declared.meta("og:url")):
        try:
            address = urljoin(url, (candidate or "").strip())
            parts = urlsplit(address)
        except ValueError:
            continue
        is_address = parts.scheme in {"http", "https"} and parts.hostname and len(address) <= _MAX_URL_CHARS
        is_front_page = not parts.path.strip("/") and not parts.query
        if candidate and is_address and (not is_front_page or not urlsplit(url).path.strip("/")):
            return address
    return None


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
    for node in _parts(declared.article, declared.page):
        free = node.get("isAccessibleForFree")
        if free is not None and str(free).strip().lower() in _NOT_FREE:
            return Access.METERED if tier is Access.METERED else Access.PAYWALLED
    return tier or Access.OPEN


def _parts(*nodes: Node) -> Iterator[Node]:
    """The nodes and their `hasPart`, where the part behind a paywall is declared."""
    for node in nodes:
        yield node
        parts = node.get("hasPart")
        yield from (part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, Mapping))


def as_utc(at: datetime) -> datetime:
    """A capture time without zone is UTC."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
