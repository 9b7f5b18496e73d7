"""Judges that two addresses are one article: what the evidence is worth, given what is known of both.

A claim alone joins nothing. Some feeds give each place in their list a guid, and some templates name the same canonical
address on every page, so a claim counts only if texts, titles or times agree with it.

Pure: facts in, verdicts out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import msgspec

from pipeline.canonical_urls import is_front_page
from pipeline.collect.pages.redirections import differ_in_part, have_one_number, is_renamed
from pipeline.events import JoinEvidence
from pipeline.ids import article_id
from pipeline.steps.overlap import is_telling

LEAST_WORDS = 40
"""A text with fewer words is not compared: it may be a notice, or the first line of a report that was to follow."""
MOST_TIMES = 3
"""Articles with one text and more times of publication, or addresses without one, are not joined. Three addresses may
be an article whose slug changed twice."""
MOST_TITLES = 2
"""An address that articles with more different titles claim is no article's own. Two may be a changed headline."""
_ONE_TIME = timedelta(days=2)
_ROUNDED = timedelta(hours=1)
"""Two lists of a source may date one article differently by this much."""
_SHINGLE_WORDS = 4
_SAME_TEXT = 0.5
"""Two texts are one if they share this part of the shorter one's runs of `_SHINGLE_WORDS` words."""
_OTHER_TEXT = 0.1
"""Two texts are of different articles if they share less than this part."""
_OWN_RUNS = 15
"""Two texts are of different articles, too, if they share a single paragraph and each has this many runs of its own."""
_SAME_TITLE = 0.7
"""Two titles are alike if they share this part of the longer one's words."""
TITLE_WORDS = 3
"""Least number of words of a title that tells articles apart, or that another one contains."""
_WORD = re.compile(r"\w+")


class AddressClaim(msgspec.Struct, frozen=True, dict=True):
    """An event which shows that the article may have another address, too. One row of `address_claims.sql`."""

    evidence: JoinEvidence
    source_id: str
    article_id: UUID
    caused_by: UUID
    other_url: str
    detail: str
    other_article_id: UUID | None = None
    """None if only the address is known."""

    @cached_property
    def target(self) -> UUID | None:
        """The article at the other address; None if that is the front page or no address at all."""
        if self.other_article_id is not None:
            return self.other_article_id
        try:
            return None if is_front_page(self.other_url) else article_id(self.other_url)
        except ValueError:
            return None


class ArticleFacts(msgspec.Struct, frozen=True):
    """What is known of an article. One row of `articles_to_join.sql`."""

    article_id: UUID
    first_position: int
    """The position of its first event."""
    first_seen_at: datetime
    source_ids: tuple[str, ...]
    url: str
    title: str | None
    published_at: datetime | None
    text: str | None
    is_awaited: bool
    """True if its text may still come."""


def is_joined(evidence: JoinEvidence, one: ArticleFacts, other: ArticleFacts) -> bool:
    """True if this evidence joins the two articles. A text that comes later may change a no."""
    if is_front_page(one.url) or is_front_page(other.url):
        return False
    match evidence:
        case JoinEvidence.SAME_ADDRESS:
            return True
        case JoinEvidence.EQUAL_TEXT:
            is_one_page = _path(one.url) == _path(other.url) and not _is_other_time(one, other, most=_ROUNDED)
            is_one_moment = is_telling(one.published_at) and _is_same_time(one, other)
            is_one_time = is_one_moment or _are_undated_at_one_time(one, other)
            return _share_source(one, other) and not _differ(one.title, other.title) and (is_one_page or is_one_time)
        case JoinEvidence.ORIGINAL_LINK:
            return _shared_text(one, other) is not False
        case JoinEvidence.REDIRECT:
            # a page that was fetched through both addresses says nothing about what each had promised
            shared = _shared_text(one, other)
            return shared is not False and (_are_alike(one, other) or (one.text != other.text and shared is True))
        case JoinEvidence.MOVED:
            is_same = _are_alike(one, other) or not _is_other_time(one, other)
            return is_same and _share_source(one, other) and _shared_text(one, other) is True
        case JoinEvidence.GUID | JoinEvidence.CANONICAL:
            if evidence is JoinEvidence.GUID and _is_rewritten(one, other):
                return True
            is_guid = evidence is JoinEvidence.GUID and is_telling(one.published_at)
            same_time = _is_same_time(one, other) and (is_guid or _are_alike(one, other))
            return _share_source(one, other) and _agree(one, other, same_time=same_time)


def _agree(one: ArticleFacts, other: ArticleFacts, *, same_time: bool) -> bool:
    """True if the texts are the same. If they do not tell, the time of publication does; if a text is missing for good,
    the title or the address does."""
    shared = _shared_text(one, other)
    if shared is not None:
        return shared
    return same_time or (not one.is_awaited and not other.is_awaited and _are_alike(one, other))


def _is_rewritten(one: ArticleFacts, other: ArticleFacts) -> bool:
    """True if title and number are those of one article, whatever the texts are: a first report may be replaced."""
    return _share_source(one, other) and have_one_number(one.url, other.url) and resemble(one.title, other.title)


def _are_alike(one: ArticleFacts, other: ArticleFacts) -> bool:
    """True if titles or addresses are alike. Without a title the time of publication counts, but not against titles:
    many outlets publish several articles at one time."""
    if resemble(one.title, other.title) or is_renamed(one.url, other.url):
        return True
    return _is_same_time(one, other) and not (one.title and other.title)


def _shared_text(one: ArticleFacts, other: ArticleFacts) -> bool | None:
    """True if the two have the same text; None if a text is missing or too short, or the answer is not clear."""
    if min(len(words_in(article.text)) for article in (one, other)) < LEAST_WORDS:
        return None
    first, second = _shingles(one.text), _shingles(other.text)
    shared = first & second
    share = len(shared) / min(len(first), len(second))
    if share < _OTHER_TEXT:
        return False
    if min(len(first - shared), len(second - shared)) >= _OWN_RUNS and _is_in_one_paragraph(shared, one.text or ""):
        return False
    return True if share >= _SAME_TEXT else None


def _shingles(text: str | None) -> set[tuple[str, ...]]:
    words = words_in(text)
    return set(zip(*(words[n:] for n in range(_SHINGLE_WORDS)), strict=False))


def _is_in_one_paragraph(shared: set[tuple[str, ...]], text: str) -> bool:
    """True if only one of several paragraphs has what is shared, as with a notice to subscribers."""
    paragraphs = [not shared.isdisjoint(_shingles(line)) for line in text.splitlines() if line.strip()]
    return len(paragraphs) > 1 and sum(paragraphs) == 1


def words_in(text: str | None) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall(text.casefold()) if text else []


def _path(url: str) -> str:
    return re.split("[?#]", url, maxsplit=1)[0]


def _share_source(one: ArticleFacts, other: ArticleFacts) -> bool:
    return not set(one.source_ids).isdisjoint(other.source_ids)


def _are_undated_at_one_time(one: ArticleFacts, other: ArticleFacts) -> bool:
    """True if no feed dates them, and both appeared within a few days. What an outlet repeats every week is not one."""
    is_dated = one.published_at is not None or other.published_at is not None
    return not is_dated and abs(one.first_seen_at - other.first_seen_at) <= _ONE_TIME


def appears_often(articles: Iterable[ArticleFacts]) -> bool:
    """True if articles with one text have more than `MOST_TIMES` times of publication, or addresses without an exact
    one. The text may be a notice, or that of a page whose article is loaded by a script."""
    return len({each.published_at if is_telling(each.published_at) else each.url for each in articles}) > MOST_TIMES


def without_notices(articles: Collection[ArticleFacts], article_of: Callable[[UUID], UUID]) -> dict[UUID, ArticleFacts]:
    """The articles by their ids, without the lines that articles with more than `MOST_TITLES` titles share, such as a
    notice to subscribers. `article_of` gives the one that stands for all addresses of its article."""
    having: defaultdict[str, dict[UUID, ArticleFacts]] = defaultdict(dict)
    for article in articles:
        for line in (article.text or "").splitlines():
            having[line].setdefault(article_of(article.article_id), article)
    notices = {line for line, with_it in having.items() if not are_of_one_article(with_it.values())}
    return {article.article_id: _without(article, notices) for article in articles}


def _without(article: ArticleFacts, lines: Collection[str]) -> ArticleFacts:
    if article.text is None:
        return article
    kept = (line for line in article.text.splitlines() if line not in lines)
    return msgspec.structs.replace(article, text="\n".join(kept))


def _is_other_time(one: ArticleFacts, other: ArticleFacts, most: timedelta = timedelta()) -> bool:
    """True if both are dated, and the dates differ by more than `most`."""
    if one.published_at is None or other.published_at is None:
        return False
    return abs(one.published_at - other.published_at) > most


def _is_same_time(one: ArticleFacts, other: ArticleFacts) -> bool:
    return one.published_at is not None and one.published_at == other.published_at


def resemble(one: str | None, other: str | None) -> bool:
    """True if two titles have most of their words in common, or one has all words of the other, as with a kicker. Parts
    of a series, whose titles differ in a number or a day, are not alike."""
    shorter, longer = sorted((set(words_in(one)), set(words_in(other))), key=len)
    if differ_in_part(shorter ^ longer):
        return False
    shared = len(shorter & longer)
    return shared >= _SAME_TITLE * len(longer) > 0 or (shared == len(shorter) >= TITLE_WORDS)


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one and other) and not resemble(one, other)


def are_of_one_article(articles: Collection[ArticleFacts]) -> bool:
    """True if these articles, which share an address or a text, have at most `MOST_TITLES` different titles."""
    titles: list[str] = []
    for article in articles:
        if article.title and not any(resemble(article.title, known) for known in titles):
            titles.append(article.title)
            if len(titles) > MOST_TITLES:
                return False
    return True
