"""The items of a sitemap that are news. A sitemap may list the whole past of a site.

A page is news if it was published or changed since the last runs. Its date is, in this order: the publication date in a
news sitemap, the day in its address, the `lastmod` of the sitemap. Some servers write the time of the request as the
`lastmod` of every page; then it is no date.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import Feed, FeedItem, FeedKind
from pipeline.collect.history.sightings import is_stamped, named_day

_A_DAY = timedelta(days=1)


def news_of(
    feed: Feed, *, since: datetime, polled_at: datetime, known_guids: Container[str], zone: ZoneInfo
) -> tuple[tuple[FeedItem, ...], tuple[str, ...]]:
    """The items published or changed after `since`, and the ones known before; and warnings about the other ones.

    An item without a date is news in a news sitemap only. A `lastmod` that is no date is removed: with it, the item
    would look changed at every poll.
    """
    stamped = is_stamped(feed.items, polled_at)
    items = []
    undated = False
    for item in feed.items:
        if stamped:
            item = msgspec.structs.replace(item, updated_at=None, updated_raw=None, updated_quality=None)
        at = _dated_at(item, zone) or item.updated_at
        is_undated = at is None and feed.kind is not FeedKind.NEWS_SITEMAP
        undated = undated or is_undated
        if item.guid in known_guids or (at is None and not is_undated) or (at is not None and at >= since):
            items.append(item)
    warnings = [name for name, holds in (("undated_items", undated), ("lastmod_is_now", stamped)) if holds]
    return tuple(items), tuple(warnings)


def _dated_at(item: FeedItem, zone: ZoneInfo) -> datetime | None:
    """The date of publication. A day in the address counts to its end, because its hour is unknown."""
    if item.published_at is not None:
        return item.published_at
    day = named_day(item.url, zone)
    return day.begins_at + _A_DAY if day else None
