"""Choose each field of an article's metadata from what the page declares and shows.

Each field has candidates in order of trust, each with its origin. The order comes from measuring real pages: JSON-LD
is filled by the newsroom's system and exact to the second; OpenGraph is often rewritten for sharing; plain meta
elements often describe the outlet rather than the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml.html import HtmlElement

from pipeline.events import Access
from pipeline.extract.extraction import Extraction
from pipeline.extract.metadata.article_header import ArticleHeader
from pipeline.extract.metadata.authors import LOOSE_AUTHOR_METAS, OutletNames, choose_authors
from pipeline.extract.metadata.byline import labelled_byline
from pipeline.extract.metadata.declared import Declared, Node, is_not_free
from pipeline.extract.metadata.publication_dates import choose_publication
from pipeline.extract.metadata.shown_dates import labelled_times
from pipeline.extract.metadata.titles import choose_headline
from pipeline.extract.page.text import plain, words_of
from pipeline.zones import outlet_zone

_MAX_URL_CHARS = 2_000

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
    article: Extraction
    """Without its text."""
    zone: tzinfo
    """For times without a zone."""
    outlet: OutletNames
    names_person: bool
    """True if one of the authors is a person."""


def choose_metadata(
    declared: Declared,
    header: ArticleHeader,
    body: HtmlElement,
    *,
    title: str | None,
    sites: tuple[str, ...],
    language: str | None,
    url: str,
    captured_at: datetime,
) -> Metadata:
    """Everything that can be said without the article's text.

    `title` is the text of the title element, `sites` the outlet's names, `language` the html element's `lang`.
    """
    headline, headline_origin = choose_headline(
        header.headline, header.kicker, declared, title, sites, is_sure=header.is_of_article
    )
    section = _choose_section(declared)
    zone = outlet_zone(url, language, declared.meta("og:locale"))
    publication = choose_publication(declared, header.times, url=url, zone=zone, captured_at=captured_at)
    if publication.published.origin in {"", "url"}:
        times = [*header.times, *labelled_times(body)]
        publication = choose_publication(declared, times, url=url, zone=zone, captured_at=captured_at)
    outlet = OutletNames.of_page(declared, sites, url)
    authors = choose_authors(declared, header.byline, outlet)
    if not authors.are_persons or authors.origin in LOOSE_AUTHOR_METAS:
        labelled = choose_authors(declared, labelled_byline(body), outlet)
        authors = labelled if labelled.are_persons else authors
    origins = {
        "headline": headline_origin,
        "published_at": publication.published.origin,
        "modified_at": publication.modified.origin,
        "zone": publication.inferred_zone or "",
        "authors": authors.origin,
    }
    article = Extraction(
        url=url,
        headline=headline,
        kicker=_without_section(header.kicker, section),
        lead=header.lead,
        authors=authors.names,
        published_at=publication.published.at,
        modified_at=publication.modified.at,
        language=_choose_language(declared, language),
        section=section,
        access=_choose_access(declared),
        canonical_url=_choose_canonical_url(declared, url),
        origins={name: origin for name, origin in origins.items() if origin},
    )
    return Metadata(article, publication.zone, outlet, authors.are_persons)


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
    """The kicker without the section before it: `World / Floods` in the section World becomes `Floods`."""
    first, _, rest = re.sub(r"\s+[/|›»>]\s+", "\n", kicker or "").partition("\n")
    return rest if rest and section and words_of(first) == words_of(section) else kicker


def _choose_canonical_url(declared: Declared, url: str) -> str | None:
    """rel=canonical (RFC 6596), else og:url. An article that declares the front page as canonical is mistaken."""
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


_TIERS = {
    "free": Access.OPEN,
    "metered": Access.METERED,
    "locked": Access.PAYWALLED,
    "paid": Access.PAYWALLED,
    "premium": Access.PAYWALLED,
}


def _choose_access(declared: Declared) -> Access:
    """From https://schema.org/isAccessibleForFree and the `content_tier` meta elements."""
    tier = _TIERS.get(
        (declared.meta("article:content_tier", "og:article:content_tier", "content_tier") or "").strip().lower()
    )
    for node in _parts(declared.article, declared.page):
        if is_not_free(node):
            return Access.METERED if tier is Access.METERED else Access.PAYWALLED
    return tier or Access.OPEN


def _parts(*nodes: Node) -> Iterator[Node]:
    """The nodes and their `hasPart` nodes, which declare a part that is not free."""
    for node in nodes:
        yield node
        parts = node.get("hasPart")
        yield from (part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, Mapping))


def as_utc(at: datetime) -> datetime:
    """The time in UTC; a time without a zone is taken as UTC."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
