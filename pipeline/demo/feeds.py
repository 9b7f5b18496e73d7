"""Feeds with an outlet's last day and a half, well formed or with a deliberate flaw."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from jinja2 import Environment

from pipeline.demo.editions import Desk, Edition
from pipeline.demo.outlets import FeedFormat, Flaw, SampleFeed
from pipeline.demo.written_dates import german_feed_date, rss_date

WINDOW = timedelta(hours=36)  # an article stays in the feed for this long
CONTENT_TYPES = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.RDF: "application/rdf+xml",
}
BROKEN_MARKUP = "<category>Arts & Culture<br></category>\n"


@dataclass(frozen=True, kw_only=True)
class SampleItem:
    """One entry of a feed."""

    edition: Edition
    link: str
    guid: str
    date: str  # as an RSS feed writes it; "" leaves it out


def feed_editions(desk: Desk, feed: SampleFeed, now: datetime) -> list[Edition]:
    """The articles in the feed at the moment, newest first, including those whose page was taken down."""
    return [
        edition
        for edition in desk.editions(now)
        if edition.published_at > now - WINDOW and (not feed.sections or edition.article.section in feed.sections)
    ]


def render_feed(environment: Environment, desk: Desk, feed: SampleFeed, now: datetime) -> bytes:
    """The bytes of the feed, with its flaw if it has one."""
    items = [_item(desk, feed, edition) for edition in feed_editions(desk, feed, now)]
    if feed.flaw is Flaw.REPEATED_ITEM and items:
        items.insert(1, _under_second_address(items[0]))
    updated_at = max((item.edition.modified_at for item in items), default=desk.opened_at)
    xml = environment.get_template(f"feeds/{feed.format}.xml").render(
        desk=desk, outlet=desk.outlet, feed=feed, items=items, updated=desk.outlet.local(updated_at)
    )
    match feed.flaw:
        case Flaw.MALFORMED:
            return _break_middle_item(xml).encode()
        case Flaw.MISLABELLED_ENCODING:
            return xml.encode("iso-8859-1", errors="xmlcharrefreplace")
        case _:
            return xml.encode()


def _item(desk: Desk, feed: SampleFeed, edition: Edition) -> SampleItem:
    published = desk.outlet.local(edition.published_at)
    return SampleItem(
        edition=edition,
        link=f"{edition.url}?{feed.tracking}" if feed.tracking else edition.url,
        guid=f"tag:{desk.outlet.host},{published:%Y}:{edition.article.slug}",
        date=german_feed_date(published, _place(desk, feed, edition))
        if feed.flaw is Flaw.GERMAN_DATES
        else rss_date(published),
    )


def _place(desk: Desk, feed: SampleFeed, edition: Edition) -> int:
    """The index of an article among all that the feed ever lists; it stays the same when older items leave the feed."""
    slugs = [article.slug for article in desk.articles if not feed.sections or article.section in feed.sections]
    return slugs.index(edition.article.slug)


def _under_second_address(item: SampleItem) -> SampleItem:
    query = "at_medium=atom&at_campaign=push"
    return dataclasses.replace(item, link=f"{item.edition.url}?{query}", guid=f"{item.guid}#push")


def _break_middle_item(xml: str) -> str:
    """Put markup that is not XML into the middle item and leave the other items unchanged."""
    parts = xml.split("</item>")
    middle = (len(parts) - 1) // 2
    parts[middle] += BROKEN_MARKUP
    return "</item>".join(parts)
