"""The items of a sitemap that are news. A sitemap may list the whole past of a site.

A page is news if its date lies within the lookback. Its date is the first of these that it has: the publication date in
a news sitemap, the day in its address, the `lastmod` of the sitemap. So a page that was published before and changed
within the lookback is news only if nothing but its `lastmod` dates it. Some servers write the time of the request as
the `lastmod` of every page; then it says nothing about the page and is ignored. The front page of a site is no news.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.canonical_urls import is_front_page
from pipeline.collect.feeds import Feed, FeedItem, FeedKind
from pipeline.collect.history.sightings import lastmod_is_now, named_day

_A_DAY = timedelta(days=1)


def news_of(
    feed: Feed, *, since: datetime, polled_at: datetime, known_guids: Container[str], zone: ZoneInfo
) -> tuple[tuple[FeedItem, ...], tuple[str, ...]]:
    """Return the items to record, and warnings.

    The items are those dated `since` or later, and all known ones, because a known item may have changed. An undated
    item is news in a news sitemap only; elsewhere the warning `undated_items` says that there are such items. If the
    `lastmod` of every page is about the time of the request, it is removed from the items, with the warning
    `lastmod_is_now`: with it, they would look changed at every poll.
    """
    is_now = lastmod_is_now(feed.items, polled_at)
    items = []
    undated = False
    for item in feed.items:
        if is_front_page(item.url):
            continue
        if is_now:
            item = msgspec.structs.replace(item, updated_at=None, updated_raw=None, updated_quality=None)
        at = _published_at(item, zone) or item.updated_at
        is_undated = at is None and feed.kind is not FeedKind.NEWS_SITEMAP
        undated = undated or is_undated
        if item.guid in known_guids or (at is None and not is_undated) or (at is not None and at >= since):
            items.append(item)
    warnings = [name for name, holds in (("undated_items", undated), ("lastmod_is_now", is_now)) if holds]
    return tuple(items), tuple(warnings)


def _published_at(item: FeedItem, zone: ZoneInfo) -> datetime | None:
    """When the page was published. For a day in the address this is the day's end, because the hour is unknown."""
    if item.published_at is not None:
        return item.published_at
    day = named_day(item.url, zone)
    return day.begins_at + _A_DAY if day else None
