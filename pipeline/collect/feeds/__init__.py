"""From the bytes of a feed to its items: RSS, RDF, Atom, JSON Feed and sitemaps, also broken or mislabelled ones.

The data takes this way: `parsing` unpacks gzip and picks the reader; `charset` decodes; `syndication` (feedparser),
`json_feed` or `sitemap` (lxml, through `xml`) reads the entries as written; `items` gives them absolute links, dates
(`feed_dates`) and clean HTML (`html`). The types are in `feed`. Start reading in `parsing.parse_feed`. It is a pure
function: no DTD, external entity or address in a feed is opened. It is not quick for every input, so bytes from the
network are read by `parse_response` in a worker process with limits.
"""

from pipeline.collect.feeds.feed import (
    MAX_ITEMS,
    MAX_SITEMAP_URLS,
    Feed,
    FeedItem,
    FeedKind,
    FeedWarning,
    Masthead,
    NotAFeed,
    SitemapLink,
)
from pipeline.collect.feeds.parsing import document_text, parse_feed, read_feed

__all__ = [
    "MAX_ITEMS",
    "MAX_SITEMAP_URLS",
    "Feed",
    "FeedItem",
    "FeedKind",
    "FeedWarning",
    "Masthead",
    "NotAFeed",
    "SitemapLink",
    "document_text",
    "parse_feed",
    "read_feed",
]
