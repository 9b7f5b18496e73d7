"""Tells a poll of a feed that missed nothing since the last one from one that left a gap.

A feed is a window on the newest items of an outlet. As long as it still shows an item that the last reading showed, no
item can have come and gone between the two. Outlets change the addresses, guids and titles of items that they have
published, so an item is recognised by all three together.

Pure: items in, verdicts out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

import msgspec

from pipeline.collect.pages.redirections import is_renamed

LEAST_NEWEST = 3
"""Minimum number of items that count as the newest ones of a reading."""
LEAST_KNOWN = 3
"""Minimum number of known items that show an overlap although the newest ones have gone."""
_TELLING_WORDS = 3
"""A title with fewer words is too common to show by itself that two undated items are the same."""


class ItemOfArticle(msgspec.Struct, frozen=True):
    """An item of a feed, at the article that its address stands for."""

    article_id: UUID
    url: str
    guid: str
    title: str | None = None
    published_at: datetime | None = None


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
    if not items or not last_newest:
        overlap = None
    else:
        overlap = any(not earlier.isdisjoint(last_newest) for earlier in articles) or _are_mostly_known(items, new)
    newest = _newest_articles([_as_dated_before(item, earlier) for item, earlier in zip(items, found, strict=True)])
    comparison = Comparison(len(new), overlap, newest)
    if overlap is not False or last_read_at is None:
        return comparison
    return msgspec.structs.replace(comparison, gap_from=last_read_at, gap_to=_gap_end(new, last_read_at, polled_at))


def _are_mostly_known(items: Sequence[ItemOfArticle], new: Sequence[ItemOfArticle]) -> bool:
    """True if the feed overlaps although it has none of the newest items of the last reading: the outlet has withdrawn
    just these. A few known items show nothing, because they may be pinned to the top."""
    known = len(items) - len(new)
    return known >= LEAST_KNOWN and known > len(new)


def _as_dated_before(item: ItemOfArticle, earlier: Iterable[ItemOfArticle]) -> ItemOfArticle:
    """The item with its earliest known date. Outlets move the dates of pinned items, so these stay the newest ones
    whatever comes and goes below them."""
    dates = [each.published_at for each in (item, *earlier) if each.published_at is not None]
    return msgspec.structs.replace(item, published_at=min(dates, default=None))


def _newest_articles(items: Sequence[ItemOfArticle]) -> tuple[UUID, ...] | None:
    """The articles of the newest fifth of the items, at least three. Undated items count as the oldest ones."""
    dated = sorted(items, key=lambda item: item.published_at.timestamp() if item.published_at else 0, reverse=True)
    articles = dict.fromkeys(item.article_id for item in dated)
    return tuple(articles)[: max(LEAST_NEWEST, math.ceil(len(items) / 5))] or None


def _gap_end(new: Iterable[ItemOfArticle], gap_from: datetime, polled_at: datetime) -> datetime:
    """The date of the oldest new item published after `gap_from`, or `polled_at` if no date tells.

    What came and went is older than what is still there. A known item says nothing: outlets move the dates of pinned
    ones.
    """
    dates = [item.published_at for item in new if item.published_at is not None and item.published_at > gap_from]
    return min(dates, default=polled_at)


class _KnownItems:
    """The items that earlier polls of the feed have recorded, found by address, guid or title."""

    def __init__(self, items: Iterable[ItemOfArticle]) -> None:
        self._items = tuple(items)
        self._by_guid = {item.guid: item for item in self._items}
        self._by_article = _grouped(self._items, lambda item: item.article_id)

    @cached_property
    def _by_name(self) -> Mapping[Hashable, Sequence[ItemOfArticle]]:
        return _grouped(self._items, _name)

    def same_as(self, item: ItemOfArticle) -> list[ItemOfArticle]:
        """What earlier polls have recorded of this item; empty if it is new."""
        found = list(self._by_article.get(item.article_id, ()))
        named = self._by_guid.get(item.guid)
        if named is not None and is_same_item(named, item):
            found.append(named)
        return found or [known for known in self._by_name.get(_name(item), ()) if is_same_item(known, item)]


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
    undated = old.published_at is None and new.published_at is None
    return same_title and (same_time or (undated and len(_plain(new.title).split()) >= _TELLING_WORDS))


def is_telling(published_at: datetime | None) -> bool:
    """True if a time is exact enough to be of one article only. A full hour may be a day without a time, which many
    articles share."""
    return published_at is not None and any((published_at.minute, published_at.second, published_at.microsecond))


def _plain(title: str | None) -> str:
    return " ".join(title.casefold().split()) if title else ""
