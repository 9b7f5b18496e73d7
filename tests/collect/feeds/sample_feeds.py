"""Sample feeds: frames around items, and the reader with a fixed address, zone and clock."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline.collect.feeds import Feed, FeedItem, parse_feed

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
URL = "https://bote.example/feeds/feed.xml"


def read(
    body: str | bytes,
    content_type: str | None = "application/rss+xml",
    *,
    url: str = URL,
    zone: ZoneInfo = BERLIN,
    known_digests: Container[str] = frozenset(),
) -> Feed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_feed(raw, url=url, content_type=content_type, zone=zone, now=NOW, known_digests=known_digests)


def read_item(body: str | bytes) -> FeedItem:
    """The only item of the feed."""
    (item,) = read(body).items
    return item


def rss(items: str, declarations: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" {declarations}><channel>
<title>Bote</title><link>https://bote.example/</link>{items}</channel></rss>"""


def item(fields: str) -> str:
    """An RSS item that has a link."""
    return f"<item><link>https://bote.example/pegel</link>{fields}</item>"


def atom(entries: str, attributes: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Bote</title><id>x</id>{entries}</feed>"""


def entry(fields: str) -> str:
    """An Atom entry that has a link."""
    return f'<entry><link href="https://bote.example/pegel"/>{fields}</entry>'


RSS = rss("""<item><title>Pegel fällt</title><link>https://bote.example/pegel?utm_source=rss</link>
<guid isPermaLink="false">p-1</guid><pubDate>Mon, 02 Mar 2026 08:15:00 +0100</pubDate>
<description>Das Wasser geht zurück.</description></item>
<item><title>Wahl</title><link>/wahl</link></item>""")
PLAIN = "<item><title>{}</title><link>https://bote.example/{}</link></item>"
A, B, C = (PLAIN.format(name, name) for name in "abc")


DECLARATIONS = (
    "xmlns:atom='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/' "
    "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"
)
