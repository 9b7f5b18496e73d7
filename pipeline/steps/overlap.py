"""Tells a poll of a feed that missed nothing since the last one from one that left a gap.

A feed is a window on the newest items of an outlet. As long as it still shows an item that the last reading showed, no
item can have come and gone between the two. Outlets change the addresses, guids and titles of items that they have
published, so an item is recognised by all three together.

Caches serve older copies of a feed. A reading with only items that are older than the newest one of before is such a
copy: it says nothing about a gap, and the next reading is compared with what was read before, too.

Pure: items in, verdicts out.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import msgspec

from pipeline.collect.pages.redirections import is_renamed
from pipeline.events import DateQuality

LEAST_NEWEST = 3
"""Minimum number of items that count as the newest ones of a reading."""
LEAST_KNOWN = 3
"""Minimum number of known items that show an overlap although the newest ones have gone."""
LEAST_ORDERED = 3
"""Minimum number of dated new items that show whether a feed is in the order of its dates."""
_MOST_IN_ORDER = 0.9
"""A feed is in order if so many of its new items are: some are listed late."""
_TELLING_WORDS = 3
"""A title with fewer words is too common to show by itself that two undated items are the same."""
_A_DAY = timedelta(days=1)


class ItemOfArticle(msgspec.Struct, frozen=True):
    """An item of a feed, at the article that its address stands for."""

    article_id: UUID
    url: str
    guid: str
    title: str | None = None
    published_at: datetime | None = None
    published_quality: DateQuality | None = None
    first_seen_at: datetime | None = None
    """When a poll first recorded it; None for an item of the present poll."""


class Comparison(msgspec.Struct, frozen=True):
    """What a poll found, compared with the polls before it. The fields have the names of the poll's event."""

    new_items: int
    overlap: bool | None
    newest_articles: tuple[UUID, ...] | None
    gap_from: datetime | None = None
    gap_to: datetime | None = None


def compare(
    items: Sequence[ItemOfArticle],
    known: Iterable[ItemOfArticle],
    *,
    last_newest: Collection[UUID] | None,
    last_read_at: datetime | None,
    polled_at: datetime,
) -> Comparison:
    """Compare the items of a feed with those that its earlier polls have recorded.

    `last_newest` and `last_read_at` are of the last poll that read at least one item. A gap begins there: a 304 since
    then is no reading, because some servers answer it although the feed has changed.
    """
    known_items = _KnownItems(known)
    found = [known_items.same_as(item) for item in items]
    articles = [{each.article_id for each in earlier} for earlier in found]
    new = [item for item, earlier in zip(items, found, strict=True) if not earlier]
    dates = [_first_date(item, earlier, polled_at) for item, earlier in zip(items, found, strict=True)]
    newest = _newest_articles(items, dates, articles)
    if not items or not last_newest or _is_older(dates, known_items.latest_of(last_newest)):
        overlap = None
    else:
        pinned = _pinned(dates, [not earlier for earlier in found])
        has_newest = any(
            place not in pinned and not earlier.isdisjoint(last_newest) for place, earlier in enumerate(articles)
        )
        overlap = has_newest or _are_mostly_known(items, new)
    is_as_before = overlap is None or not new  # an older copy, or nothing has come
    if is_as_before and newest and last_newest:
        newest = tuple(dict.fromkeys((*last_newest, *newest)))[: 2 * len(newest)]
    comparison = Comparison(len(new), overlap, newest)
    if overlap is not False or last_read_at is None:
        return comparison
    gap_to = _gap_end(new, last_read_at, polled_at, known_items.slowest_clock)
    return msgspec.structs.replace(comparison, gap_from=last_read_at, gap_to=gap_to)


def _is_older(dates: Iterable[datetime | None], latest: datetime | None) -> bool:
    """True if all items were published before `latest`. An undated one may be newer."""
    return latest is not None and all(date is not None and date < latest for date in dates)


def _pinned(dates: Sequence[datetime | None], is_new: Sequence[bool]) -> set[int]:
    """The places of known items that the feed shows out of the order of its dates, such as a live blog at the top.

    In a feed that shows its newest items first, nothing below a known item is newer, so new items below it that are
    show that it was put there. In a feed without this order nothing is pinned, and nothing in one that has few new
    items with a date: it still shows others of the last reading.
    """
    places = [place for place, date in enumerate(dates) if date is not None]
    direction = _direction([date for place in places if is_new[place] and (date := dates[place]) is not None])
    if direction > 0:
        places.reverse()
    new_below: list[datetime] = []
    pinned = set()
    for place in reversed(places if direction else []):
        date = dates[place]
        assert date is not None
        if is_new[place]:
            new_below.append(date)
        elif 2 * sum(date < each for each in new_below) > len(new_below):
            pinned.add(place)
    return pinned


def _direction(dates: Sequence[datetime]) -> int:
    """-1 if these dates of new items fall from the first to the last, 1 if they rise; 0 if they have no order, are all
    the same or too few to tell."""
    if len(dates) < LEAST_ORDERED:
        return 0
    pairs = list(itertools.pairwise(dates))
    falling, rising = (sum(map(follows, *zip(*pairs, strict=True))) for follows in (operator.ge, operator.le))
    if falling == rising or max(falling, rising) < _MOST_IN_ORDER * len(pairs):
        return 0
    return -1 if falling > rising else 1


def _are_mostly_known(items: Sequence[ItemOfArticle], new: Sequence[ItemOfArticle]) -> bool:
    """True if the feed overlaps although it has none of the newest items of the last reading: the outlet has withdrawn
    just these. A few known items show nothing, because they may be pinned to the top."""
    known = len(items) - len(new)
    return known >= LEAST_KNOWN and known > len(new)


def _newest_articles(
    items: Sequence[ItemOfArticle], dates: Sequence[datetime | None], earlier: Sequence[Collection[UUID]]
) -> tuple[UUID, ...] | None:
    """The articles of the newest fifth of the items, at least three. Undated items count as the oldest ones, and those
    among them that are new (known as no `earlier` article) before the others."""

    def age(place: int) -> tuple[float, bool]:
        date = dates[place]
        return -date.timestamp() if date else 0, bool(earlier[place])

    articles = dict.fromkeys(items[place].article_id for place in sorted(range(len(items)), key=age))
    return tuple(articles)[: max(LEAST_NEWEST, math.ceil(len(items) / 5))] or None


def _first_date(item: ItemOfArticle, earlier: Iterable[ItemOfArticle], polled_at: datetime) -> datetime | None:
    """The earliest known date of an item. Outlets move the dates of pinned items, so these stay the newest ones
    whatever comes and goes below them. A new item with a date in the future, as of an outlet whose clock is wrong,
    counts as published now."""
    dates = [each.published_at for each in (item, *earlier) if each.published_at is not None]
    is_ahead = not earlier and item.published_quality is DateQuality.FUTURE
    return min(dates, default=polled_at if is_ahead else None)


def _gap_end(
    new: Iterable[ItemOfArticle], gap_from: datetime, polled_at: datetime, slowest_clock: timedelta
) -> datetime:
    """The date of the oldest new item published after `gap_from`, or `polled_at` if no date tells.

    What came and went is older than what is still there, if the feed is in the order of its dates. Then an item is
    ignored that is older than one after it: it was listed late. A known item says nothing: outlets move the dates of
    pinned ones. A day without a time counts as its end. The outlet's clock may be slow by `slowest_clock`.
    """
    ends = [
        item.published_at + (_A_DAY if item.published_quality is DateQuality.DAY_ONLY else timedelta())
        for item in new
        if item.published_at is not None
    ]
    direction = _direction(ends)
    if direction == 0 and len(set(ends)) >= LEAST_ORDERED:
        return polled_at
    oldest_first = ends if direction > 0 else ends[::-1]
    newest_yet = itertools.accumulate(oldest_first, max)
    in_order = [end for end, latest in zip(oldest_first, newest_yet, strict=True) if end == latest]
    return min([polled_at, *(end + slowest_clock for end in in_order if end > gap_from)])


class _KnownItems:
    """The items that earlier polls of the feed have recorded, found by address, guid or title."""

    def __init__(self, items: Iterable[ItemOfArticle]) -> None:
        self._items = tuple(items)
        self._by_guid = {item.guid: item for item in self._items}
        self._by_article = _grouped(self._items, lambda item: item.article_id)

    @cached_property
    def _by_name(self) -> Mapping[Hashable, Sequence[ItemOfArticle]]:
        return _grouped(self._items, _name)

    @cached_property
    def _by_time(self) -> Mapping[Hashable, Sequence[ItemOfArticle]]:
        return _grouped((item for item in self._items if is_telling(item.published_at)), lambda item: item.published_at)

    def latest_of(self, articles: Iterable[UUID]) -> datetime | None:
        """The latest date of these articles, each at its earliest; None if one of them is undated. Addresses that the
        feed no longer gives are ignored."""
        known = [items for article in articles if (items := self._by_article.get(article))]
        dates = [min((item.published_at for item in items if item.published_at), default=None) for items in known]
        return max((date for date in dates if date), default=None) if all(dates) else None

    @property
    def slowest_clock(self) -> timedelta:
        """The outlet's clock may be slow by this much: so long after its date was every item seen first that came
        after the first poll."""
        dates = [(item.first_seen_at, item.published_at) for item in self._items if item.first_seen_at is not None]
        first_poll = min((seen for seen, _ in dates), default=None)
        delays = [seen - published for seen, published in dates if published is not None and seen != first_poll]
        return min((delay for delay in delays if delay > timedelta()), default=timedelta())

    def same_as(self, item: ItemOfArticle) -> list[ItemOfArticle]:
        """What earlier polls have recorded of this item; empty if it is new."""
        found = list(self._by_article.get(item.article_id, ()))
        named = self._by_guid.get(item.guid)
        if named is not None and is_same_item(named, item):
            found.append(named)
        if not found:
            alike = (*self._by_name.get(_name(item), ()), *self._by_time.get(item.published_at, ()))
            found = [known for known in alike if is_same_item(known, item)]
        return found


def _grouped(
    items: Iterable[ItemOfArticle], key: Callable[[ItemOfArticle], Hashable]
) -> dict[Hashable, list[ItemOfArticle]]:
    groups: dict[Hashable, list[ItemOfArticle]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _name(item: ItemOfArticle) -> str | datetime | None:
    """The title; for an item without one, as in a microblog, its time of publication."""
    return _plain(item.title) or item.published_at


def is_same_item(old: ItemOfArticle, new: ItemOfArticle) -> bool:
    """True if a feed speaks of one article, at two polls.

    A guid alone does not show that: some feeds number their places, so each guid stands for another article every day.
    """
    if old.article_id == new.article_id:
        return True
    same_time = old.published_at is not None and old.published_at == new.published_at
    same_title = _plain(old.title) == _plain(new.title) != ""
    is_exact = same_time and is_telling(old.published_at)
    if old.guid == new.guid:
        return is_exact or same_title or is_renamed(old.url, new.url)
    if not old.title and not new.title:
        return is_exact
    if is_exact and (is_renamed(old.url, new.url) or _is_extended(old.title, new.title)):
        return True
    undated = old.published_at is None and new.published_at is None
    return same_title and (same_time or (undated and len(_plain(new.title).split()) >= _TELLING_WORDS))


def _is_extended(one: str | None, other: str | None) -> bool:
    """True if one title has all words of the other, as with a kicker."""
    shorter, longer = sorted((set(_plain(one).split()), set(_plain(other).split())), key=len)
    return len(shorter) >= _TELLING_WORDS and shorter <= longer


def is_telling(published_at: datetime | None) -> bool:
    """True if a time is exact enough to be of one article only. A full hour may be a day without a time, which many
    articles share."""
    return published_at is not None and any((published_at.minute, published_at.second, published_at.microsecond))


def _plain(title: str | None) -> str:
    return " ".join(title.casefold().split()) if title else ""
