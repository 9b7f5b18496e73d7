"""The items of a sitemap that are news. A sitemap may list the whole past of a site.

A page is news if its date lies within the lookback. Its date is the first of these that it has: the publication date in
a news sitemap, the day in its address, the `lastmod` of the sitemap. So a page that was published before and changed
within the lookback is news only if nothing but its `lastmod` dates it. A `lastmod` that is the time of the request, or
the time at which the file was made, says nothing about its page and is ignored. A page without a date is news if the
sitemap did not list it when it was last read. The front page of a site is no news.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence, Set
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.warc import read_member
from pipeline.canonical_urls import is_front_page
from pipeline.collect.feeds import Feed, FeedItem, FeedKind, parse_feed
from pipeline.collect.history.sightings import lastmod_is_now, lastmod_is_of_file, named_day

UNDATED = "undated_items"
"""The warning that a sitemap has pages without a date, which are not recorded."""
MOST_UNLISTED = 0.5
"""If a larger share of a sitemap's pages was not listed before, it lists other pages each time, or under other
addresses, and these are no news."""
_A_DAY = timedelta(days=1)


class DatedPages(msgspec.Struct, frozen=True):
    """The pages of a sitemap, without its front page, and what dates them."""

    items: Sequence[FeedItem]
    dates: Mapping[str, datetime | None]
    """By guid."""
    undated: Set[str]
    """Guids of pages without a date. In a news sitemap no page counts as undated: all are news."""
    ignored: tuple[str, ...]
    """The warning `lastmod_is_now` or `lastmod_is_of_file` if every `lastmod` was removed: with it, items would look
    changed at every poll."""


def dated_pages(feed: Feed, polled_at: datetime, zone: ZoneInfo) -> DatedPages:
    """The pages with their dates. For a large sitemap this takes a second."""
    ignored: tuple[str, ...] = ()
    if lastmod_is_now(feed.items, polled_at):
        ignored = ("lastmod_is_now",)
    elif lastmod_is_of_file(feed.items):
        ignored = ("lastmod_is_of_file",)
    items = [item for item in feed.items if not is_front_page(item.url)]
    if ignored:
        items = [
            msgspec.structs.replace(item, updated_at=None, updated_raw=None, updated_quality=None) for item in items
        ]
    dates = {item.guid: _published_at(item, zone) or item.updated_at for item in items}
    undated = {guid for guid, at in dates.items() if at is None and feed.kind is not FeedKind.NEWS_SITEMAP}
    return DatedPages(items, dates, undated, ignored)


def news_of(
    pages: DatedPages, *, since: datetime, known_guids: Container[str], listed_before: Container[str] | None = None
) -> tuple[tuple[FeedItem, ...], tuple[str, ...]]:
    """Return the items to record, and warnings.

    The items are those dated `since` or later, and all known ones, because a known item may have changed. An undated
    item is news if it is not among `listed_before`, the guids of the last reading; the warning `undated_items` says
    that there are others.
    """
    new = {guid for guid in pages.undated if listed_before is not None and guid not in listed_before}
    if len(new) > MOST_UNLISTED * len(pages.items):
        new = set()
    items = [
        item
        for item in pages.items
        if item.guid in known_guids
        or item.guid in new
        or (item.guid not in pages.undated and ((at := pages.dates[item.guid]) is None or at >= since))
    ]
    left = any(guid not in new and guid not in known_guids for guid in pages.undated)
    return tuple(items), ((UNDATED,) if left else ()) + pages.ignored


def listed_in(record: bytes, *, where: str, zone: ZoneInfo, now: datetime) -> frozenset[str]:
    """The guids of the items of a sitemap that was archived as this record, to be called in a worker process.

    Raises ArchiveError, beginning with `where`, or NotAFeed.
    """
    page = read_member(record, where=where)
    feed = parse_feed(page.body, url=page.url, content_type=page.content_type, zone=zone, now=now)
    return frozenset(item.guid for item in feed.items)


def _published_at(item: FeedItem, zone: ZoneInfo) -> datetime | None:
    """When the page was published. For a day in the address this is the day's end, because the hour is unknown."""
    if item.published_at is not None:
        return item.published_at
    day = named_day(item.url, zone)
    return day.begins_at + _A_DAY if day else None
