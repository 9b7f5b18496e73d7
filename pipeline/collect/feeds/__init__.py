"""From the bytes of a feed to its items: RSS, RDF, Atom, JSON Feed and sitemaps, also broken or mislabelled ones.

The data takes this way: `parsing` unpacks gzip and picks the reader; `charset` decodes; `syndication` (with
`vocabulary`), `json_feed` or `sitemap` reads the entries as written, XML through `xml`, which repairs broken XML with
`mending`; `items` gives them absolute links, dates (`feed_dates`) and clean HTML (`html`). The types are in `feed`.
Start reading in `parsing.parse_feed`. It is a pure function: no DTD, external entity or address in a feed is opened.
"""

from pipeline.collect.feeds.feed import (
    MAX_ITEMS,
    MAX_SITEMAP_URLS,
    Feed,
    FeedItem,
    FeedKind,
    FeedWarning,
    NotAFeed,
    SitemapLink,
)
from pipeline.collect.feeds.parsing import parse_feed, read_feed

__all__ = [
    "MAX_ITEMS",
    "MAX_SITEMAP_URLS",
    "Feed",
    "FeedItem",
    "FeedKind",
    "FeedWarning",
    "NotAFeed",
    "SitemapLink",
    "parse_feed",
    "read_feed",
]
