"""Where the redirects from an article's address have led: to the article, or to what its site shows instead.

When an outlet renames an article, the new address keeps its number or most of the words, or the page names its old
address. When it takes an article down, readers get the front page or a section. When it wants something from them
first, they get a wall: consent, a login, a subscription. A page on another site is a different page.

Pure: addresses and bytes in, a verdict out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from itertools import islice
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit
from uuid import UUID

from pipeline.canonical_urls import is_front_page
from pipeline.collect.feeds.feed_dates import DAY_NAMES
from pipeline.collect.pages.section_pages import looks_like_article, parse_html
from pipeline.ids import article_id
from pipeline.sources.sites import registrable_host

_WALLS = """
authorize captcha cmp consent cookies cookiewall einwilligung login maintenance paywall register registrieren
registrierung sign-in sign-up signin signup sso subscribe wartung zustimmung
"""
WALLS = frozenset(_WALLS.split())
"""Parts of the path, or first labels of the host, of pages that are shown before any article: `/login?to=…`,
`consent.…`."""
OFFERS = frozenset({"abo", "abos", "plus", "premium", "subscription"})
"""Walls only if they are the last part of a path; elsewhere in a path they name sections."""
LEAST_SHARED_WORDS = 3
"""A changed name shares at least this many words with the old one, and more than half of its words."""
MOST_OWN_ADDRESSES = 5
"""A page is judged by no more addresses of each kind that it gives for itself: it may give 100,000."""

_NUMBER = re.compile(
    r"(?<!\d)(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d))(?![0-3]\d(?:0[1-9]|1[0-2])(?:19|20)\d\d(?!\d))\d{5,}(?!\d)"
)
"""The number of an article: five digits or more that are not a date."""
_WORD = re.compile(r"[^\W_]+")
_SUFFIX = re.compile(r"\.[a-z]{3,5}$")
_ROMAN = re.compile("i{2,3}|i?v|vi{1,3}|ix")
_INDEX = frozenset({"index", "default"})


class Redirection(StrEnum):
    TO_ARTICLE = "to_article"
    TO_FRONT_PAGE = "to_front_page"
    TO_OTHER_SITE = "to_other_site"
    TO_WALL = "to_wall"
    """To a page for consent, registration or payment, or about maintenance. The article may still exist."""
    TO_OTHER_ARTICLE = "to_other_article"
    """To what looks like an article; it may be the same one under a completely different name."""
    TO_OTHER_PAGE = "to_other_page"
    """To a section, a search, or a page that says that nothing was found."""


def judge_redirection(known_as: Sequence[str], final_url: str, body: bytes, content_type: str | None) -> Redirection:
    """How the page at `final_url` relates to the article with the addresses `known_as`, which redirected to it.

    The body may be empty.
    """
    if _is_wall(final_url, known_as) and not any(_is_wall(url) for url in known_as):
        return Redirection.TO_WALL
    if is_front_page(final_url) and not is_front_page(known_as[0]):
        return Redirection.TO_FRONT_PAGE
    ids = {_id(url) for url in known_as}
    if _id(final_url) in ids:
        return Redirection.TO_ARTICLE
    sites = {_site(url) for url in known_as}
    own = _own_addresses(body, final_url, content_type)
    here = [url for url in (final_url, *own) if _site(url) in sites and not is_front_page(url)]
    if any(_id(url) in ids for url in own) or any(is_renamed(old, new) for new in here for old in known_as):
        return Redirection.TO_ARTICLE
    if _site(final_url) not in sites:
        return Redirection.TO_OTHER_SITE
    if _names_in_query(final_url, known_as):
        return Redirection.TO_WALL
    return Redirection.TO_OTHER_ARTICLE if looks_like_article(final_url) else Redirection.TO_OTHER_PAGE


def _id(url: str) -> UUID | None:
    try:
        return article_id(url)
    except ValueError:
        return None


def _site(url: str) -> str:
    return registrable_host(urlsplit(url).hostname or "")


def _is_wall(url: str, known_as: Sequence[str] = ()) -> bool:
    """True if the address is that of a wall.

    An article in a section with such a name, as in `/wartung/…`, is not a wall. But an address that ends with the
    article's old path, as in `/login/politics/article-1`, is one.
    """
    parts = urlsplit(url)
    path = [_stem(segment) for segment in _segments(parts)]
    if (parts.hostname or "").partition(".")[0] in WALLS or not (WALLS | OFFERS).isdisjoint(path[-1:]):
        return True
    precedes_old_path = any(
        len(old) > 1 and parts.path.endswith(old) for old in (urlsplit(each).path for each in known_as)
    )
    return not WALLS.isdisjoint(path) and (precedes_old_path or not looks_like_article(url))


def _own_addresses(body: bytes, url: str, content_type: str | None) -> list[str]:
    """The addresses that the page gives for itself, the first ones of each kind: rel=canonical (RFC 6596), og:url."""
    root = parse_html(body, content_type)
    if root is None:
        return []
    links = (link.get("href") for link in root.iter("link") if "canonical" in (link.get("rel") or "").lower().split())
    metas = (meta.get("content") for meta in root.iter("meta") if (meta.get("property") or "").lower() == "og:url")
    saids = (*islice(links, MOST_OWN_ADDRESSES), *islice(metas, MOST_OWN_ADDRESSES))
    return [address for said in saids if said and (address := _joined(url, said)) is not None]


def _joined(url: str, said: str) -> str | None:
    try:
        address = urljoin(url, said.strip())
        return address if urlsplit(address).hostname else None
    except ValueError:
        return None


def is_renamed(old_url: str, new_url: str) -> bool:
    """True if two addresses of one site belong to the same article."""
    old, new = urlsplit(old_url), urlsplit(new_url)
    if _segments(old) == _segments(new):
        return set(parse_qsl(old.query)) <= set(parse_qsl(new.query))
    had, has = _numbers(old) | set(_NUMBER.findall(old.query)), _numbers(new)
    if not had.isdisjoint(has):
        return True
    before, after = _words(old), _words(new)
    if before == after and len(before) >= LEAST_SHARED_WORDS:
        return True
    if had and has:
        return False
    shared = before & after
    enough = len(shared) >= LEAST_SHARED_WORDS and 2 * len(shared) > max(len(before), len(after))
    return (enough and not differ_in_part(before ^ after)) or (before == after and any(map(str.isalpha, before)))


def have_one_number(one: str, other: str) -> bool:
    """True if the last parts of the paths of two addresses have the number of one article."""
    return not _last_numbers(urlsplit(one)).isdisjoint(_last_numbers(urlsplit(other)))


def differ_in_part(differing: AbstractSet[str]) -> bool:
    """True if the words in which two names differ tell the parts of a series apart, as of a live blog or a forecast: a
    number, a weekday or a month."""
    return any(word.isdecimal() or _ROMAN.fullmatch(word) or word in DAY_NAMES for word in differing)


def _numbers(parts: SplitResult) -> set[str]:
    """The article's numbers: those in the last part of the path, else the last folder that is a number."""
    of_folders = [segment for segment in _named(parts)[:-1] if _NUMBER.fullmatch(segment)]
    return _last_numbers(parts) or set(of_folders[-1:])


def _last_numbers(parts: SplitResult) -> set[str]:
    return {number for name in _named(parts)[-1:] for number in _NUMBER.findall(name)}


def _words(parts: SplitResult) -> set[str]:
    """The words of the last part of the path, without the article's number."""
    named = _named(parts)
    return set(_WORD.findall(_NUMBER.sub("", named[-1]))) if named else set()


def _named(parts: SplitResult) -> list[str]:
    return [stem for stem in map(_stem, _segments(parts)) if stem not in _INDEX]


def _stem(segment: str) -> str:
    return _SUFFIX.sub("", segment)


def _segments(parts: SplitResult) -> list[str]:
    return [segment for segment in parts.path.lower().split("/") if segment]


def _names_in_query(url: str, addresses: Sequence[str]) -> bool:
    """True if a query parameter holds the path of one of these addresses, as a wall gets it to return to."""
    values = [value for _, value in parse_qsl(urlsplit(url).query)]
    paths = [path for path in (urlsplit(address).path for address in addresses) if len(path) > 1]
    return any(path in value for value in values for path in paths)
