"""Choose the headline from the visible heading, JSON-LD, OpenGraph and the title element, and compare titles.

    candidate   how it can be wrong
    heading     the outlet's name is the h1; the kicker is in the same element; a second heading is for search engines
    json-ld     contains the kicker or the outlet's name; missing
    og:title    rewritten for sharing
    title       the outlet's name after it; rewritten for search engines

The outlet's name and the kicker are removed from every candidate. The visible heading is the headline, unless it is
outside of the article and has no word of the others; then the wording that most candidates share is. In a tie the
earlier one of the table wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.extract.metadata.declared import Declared, names_of
from pipeline.extract.page.text import normal, plain, words_of

MAX_KICKER_CHARS = 90
"""A longer text before a headline is not a kicker."""
_MIN_WORD_CHARS = 4
"""Shorter words are in many titles."""
_MANY_WORDS = 4
"""This number of shared words is enough even if they are short: some scripts divide words into syllables."""
_SAME_SHARE = 0.6
"""A wording within a longer one is the same headline if it has at least this share of its length."""

_REMEMBERED = 16
"""The declared titles are read again when the headline is chosen."""

_END = re.compile(r"\s+(?:[|–—·•»]|-)\s+(?=[^|–—·•»]{2,40}$)|[:：｜](?=[^\s:：｜]{2,20}$)")
_KICKER_MARK = re.compile(r"\s*[:|]\s*(?=\S)|\s+[–—•-]\s+(?=\S)")
_BEGINNING = re.compile(r"^(?P<site>[^|–—·•:]{2,40}?)\s*(?:[|–—·•:]|\s-)\s+")


def site_names(declared: Declared, url: str) -> tuple[str, ...]:
    """The outlet's declared names and its host: what can stand next to a headline without belonging to it."""
    names = [declared.meta("og:site_name"), declared.meta("application-name")]
    for node in (declared.article, declared.page):
        names += names_of(node.get("publisher"), declared)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return _distinct([*(plain(name) for name in names if name), host, host.partition(".")[0]])


def declared_titles(declared: Declared, sites: tuple[str, ...]) -> tuple[str, ...]:
    """The declared titles without the outlet's name: the newsroom's own first, then those for sharing."""
    found = (
        declared.article.get("headline"),
        declared.meta("og:title"),
        declared.meta("twitter:title"),
        declared.page.get("headline"),
    )
    return _distinct(without_site(plain(title), sites) for title in found if isinstance(title, str))


def declared_descriptions(declared: Declared) -> tuple[str, ...]:
    """The declared descriptions; the visible lead is often the same text."""
    found = (
        declared.article.get("description"),
        declared.meta("og:description"),
        declared.meta("description"),
        declared.meta("twitter:description"),
    )
    return _distinct(plain(text) for text in found if isinstance(text, str))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


@lru_cache(maxsize=_REMEMBERED)
def without_site(title: str, sites: tuple[str, ...]) -> str:
    """`Headline | Outlet` and `Outlet: Headline` without the outlet."""
    end = _END.search(title)
    if end and _is_site(title[end.end() :], sites, shares="|" in end[0]):
        title = title[: end.start()]
    beginning = _BEGINNING.match(title)
    if beginning and any(words_of(beginning["site"]) == words_of(site) for site in sites):
        title = title[beginning.end() :]
    return title


def _is_site(text: str, sites: Sequence[str], *, shares: bool) -> bool:
    """True if the end of a title is the outlet's name, a part of it, or it with a few more words.

    After a bar one shared word is enough. A dash is also a mark of headlines: `Pay dispute - Harbour at a standstill`.
    """
    if "." in text and " " not in text:
        return True  # example.org
    words = set(words_of(text))
    for name in sites:
        site = set(words_of(name))
        if not words or not site:
            continue
        if (
            words <= site
            or (site <= words and len(words) <= len(site) + 1)
            or "".join(words_of(text)) == "".join(words_of(name))
        ):
            return True
        if shares and words & site:
            return True
    return False


def without_kicker(title: str, kicker: str | None) -> str:
    """`Kicker: Headline` without the kicker. Without a mark between the two, the kicker is part of the sentence."""
    rest = title.removeprefix(kicker or "")
    mark = _KICKER_MARK.match(rest) if rest != title else None
    return rest[mark.end() :] if mark else title


def choose_headline(
    heading: str | None,
    kicker: str | None,
    declared: Declared,
    page_title: str | None,
    sites: tuple[str, ...],
    *,
    is_sure: bool = False,
) -> tuple[str | None, str]:
    """The headline and its origin, by the rules in this module's docstring; (None, "") if the page has no title.

    `is_sure`: the heading is the article's, whatever the other candidates say.
    """
    said = declared.article.get("headline")
    candidates = (
        ("heading", heading),
        ("json-ld", plain(said) if isinstance(said, str) else None),
        ("og:title", plain(declared.meta("og:title", "twitter:title") or "")),
        ("title", page_title),
    )
    wordings = [(origin, without_kicker(without_site(text, sites), kicker)) for origin, text in candidates if text]
    wordings = [(origin, text) for origin, text in wordings if text]
    if not wordings:
        return None, ""
    others = [text for _, text in wordings[1:]]
    is_sure = is_sure and not _is_site(wordings[0][1], sites, shares=True)
    if wordings[0][0] == "heading" and (
        is_sure or not others or shares_words(f"{kicker or ''} {wordings[0][1]}", others)
    ):
        return wordings[0][1], "heading"
    origin, headline = max(wordings, key=lambda wording: sum(same_wording(wording[1], other) for _, other in wordings))
    return headline, origin


def shares_words(heading: str, titles: Iterable[str]) -> bool:
    """True if a heading shares a longer word with one of the titles, or several shorter ones."""
    shared = {word for title in titles for word in words_of(title)} & set(words_of(heading))
    return len(shared) >= _MANY_WORDS or any(len(word) >= _MIN_WORD_CHARS for word in shared)


def same_wording(one: str, other: str) -> bool:
    """True if both have the same words, apart from a kicker or the outlet's name in one of them."""
    shorter, longer = sorted((normal(one), normal(other)), key=len)
    return bool(shorter) and shorter in longer and len(shorter) >= _SAME_SHARE * len(longer)


def repeats_title(text: str, titles: Iterable[str]) -> bool:
    """True if the line repeats one of the titles; only one of the two may have a kicker before it."""
    near = [title for title in titles if abs(len(title) - len(text)) <= 2 * MAX_KICKER_CHARS]
    words = normal(text) if near else ""
    for title in map(normal, near):
        shorter, longer = sorted((words, title), key=len)
        is_kicker = len(longer) - len(shorter) <= MAX_KICKER_CHARS
        if words == title or (len(shorter.split()) > 3 and is_kicker and longer.endswith(f" {shorter}")):
            return True
    return False
