"""Feeds: bytes in, items out, whatever the outlet sends: RSS, RDF, Atom, JSON Feed, sitemaps, broken or mislabelled.

    gunzip ▶ charset ▶ syndication | json_feed | sitemaps ▶ entries ▶ links, texts, dates ▶ items

`parse_feed` opens nothing and asks nobody: no DTD, no external entity, no address in a feed is ever read.
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
from pipeline.collect.feeds.parsing import parse_feed

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
]
