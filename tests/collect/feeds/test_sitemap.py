"""Sitemaps, news sitemaps and their indexes, as sources."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from pipeline.collect.feeds import Feed, FeedKind, SitemapLink
from pipeline.events import DateQuality
from tests.collect.feeds.sample_feeds import read

SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
PAGE = "https://bote.example/pegel"
MORNING = datetime(2026, 3, 2, 7, 15, tzinfo=UTC)


def urlset(urls: str, declarations: str = f"{SITEMAP} {NEWS} {IMAGE}") -> Feed:
    return read(f"<?xml version='1.0' encoding='UTF-8'?><urlset {declarations}>{urls}</urlset>", "text/xml")


def news(fields: str) -> str:
    return f"""<url><image:image><image:loc>/a.jpg</image:loc><image:title>Foto</image:title></image:image>
    <loc> {PAGE} </loc><lastmod>2026-03-02T10:00:00+01:00</lastmod>
    <news:news><news:publication><news:name>Bote</news:name><news:language>de</news:language></news:publication>
    {fields}</news:news></url>"""


def test_a_news_sitemap() -> None:
    published = "<news:publication_date>2026-03-02T08:15:00+01:00</news:publication_date>"
    feed = urlset(news(f"{published}<news:title>Fisch &amp;amp; Brot</news:title>"))
    (only,) = feed.items
    assert (feed.kind, feed.warnings, feed.dropped) == (FeedKind.NEWS_SITEMAP, (), 0)
    assert (only.url, only.guid, only.title, only.summary) == (PAGE, PAGE, "Fisch & Brot", None)
    assert (only.published_at, only.published_quality) == (MORNING, DateQuality.EXACT)
    assert (only.updated_at, only.updated_raw) == (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T10:00:00+01:00")


def test_a_news_sitemap_may_date_by_day() -> None:
    (only,) = urlset(news("<news:publication_date>2026-03-02</news:publication_date>")).items
    assert (only.published_at, only.published_quality) == (
        datetime(2026, 3, 1, 23, tzinfo=UTC),
        DateQuality.DAY_ONLY,
    )


@pytest.mark.parametrize(
    "declarations", [NEWS, f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.84" {SITEMAP}', ""]
)
def test_a_news_sitemap_is_known_with_any_of_its_namespaces(declarations: str) -> None:
    prefix = "n" if "xmlns:n=" in declarations else "news"
    fields = f"<{prefix}:publication_date>2026-03-02T07:15:00Z</{prefix}:publication_date>"
    feed = urlset(f"<url><loc>{PAGE}</loc><{prefix}:news>{fields}</{prefix}:news></url>", declarations)
    assert feed.kind is FeedKind.NEWS_SITEMAP
    assert feed.items[0].published_at == MORNING


def test_a_sitemap_says_when_a_page_was_changed_not_when_it_was_published() -> None:
    feed = urlset(
        f"<url><loc>{PAGE}</loc><lastmod>2026-03-02T07:15:00Z</lastmod></url><url><loc>/wahl</loc></url>", SITEMAP
    )
    assert (feed.kind, feed.warnings) == (FeedKind.SITEMAP, ())
    assert [(only.url, only.published_at, only.published_raw, only.updated_at) for only in feed.items] == [
        (PAGE, None, None, MORNING),
        ("https://bote.example/wahl", None, None, None),
    ]


def test_defects_of_a_sitemap_are_warnings_and_counts() -> None:
    feed = urlset(
        f"<url><loc>{PAGE}?a&b</loc></url><url><loc/></url><url><loc>mailto:x@bote.example</loc></url>"
        f"<url><loc>{PAGE}?a&b</loc></url><url><loc>/x</loc><lastmod>bald</lastmod></url>"
        "<url><loc>/y</loc><lastmod>2027-01-01</lastmod></url>"
    )
    assert feed.warnings == ("broken_xml", "item_without_link", "repeated_items", "bad_date", "future_date")
    assert (len(feed.items), feed.dropped, feed.repeats) == (3, 2, ("https://bote.example/pegel?a=&b=",))


def test_a_text_sitemap_has_one_address_a_line() -> None:
    feed = read(f"{PAGE}\r\n\n  https://bote.example/wahl?a=1&b=2 \nhttps://./x\n", "text/plain")
    assert [item.url for item in feed.items] == [PAGE, "https://bote.example/wahl?a=1&b=2"]
    assert (feed.kind, feed.dropped, "wrong_content_type" in feed.warnings) == (FeedKind.SITEMAP, 1, False)


def test_a_sitemap_with_the_root_of_the_other_kind_is_read() -> None:
    pages, maps = f"<url><loc>{PAGE}</loc></url>", f"<sitemap><loc>{PAGE}.xml</loc></sitemap>"
    assert [item.url for item in read(f"<sitemapindex {SITEMAP}>{pages}</sitemapindex>").items] == [PAGE]
    assert read(f"<urlset {SITEMAP}>{maps}</urlset>").sitemaps == (SitemapLink(f"{PAGE}.xml", None),)


def test_comments_and_single_bad_lines_do_not_spoil_a_text_sitemap() -> None:
    feed = read(f"# pages\n{PAGE}\nno address\nhttps://bote.example/wahl\n# end\n", "text/plain")
    assert [item.url for item in feed.items] == [PAGE, "https://bote.example/wahl"]
    assert (feed.dropped, feed.warnings) == (1, ("item_without_link",))


def test_a_text_sitemap_may_have_one_address_and_blanks_in_addresses() -> None:
    assert [item.url for item in read(PAGE, "text/plain").items] == [PAGE]
    feed = read(f"{PAGE}\n{PAGE}/a b.html\n{PAGE}/c", "text/plain")
    assert [item.url for item in feed.items] == [PAGE, f"{PAGE}/a b.html", f"{PAGE}/c"]


def test_an_index() -> None:
    rows = f"""<sitemap><loc>{PAGE}.xml.gz</loc><lastmod>2026-03-02T07:15:00Z</lastmod></sitemap>
    <sitemap><loc>/b.xml</loc></sitemap><sitemap><loc>ftp://bote.example/c.xml</loc></sitemap>"""
    feed = read(f"<sitemapindex {SITEMAP}>{rows}</sitemapindex>")
    assert (feed.kind, feed.items, feed.dropped) == (FeedKind.SITEMAP_INDEX, (), 1)
    assert feed.warnings == ("item_without_link",)
    assert feed.sitemaps == (
        SitemapLink(f"{PAGE}.xml.gz", MORNING),
        SitemapLink("https://bote.example/b.xml", None),
    )


def test_a_sitemap_that_is_gzip() -> None:
    body = gzip.compress(f"<urlset {SITEMAP}><url><loc>{PAGE}</loc></url></urlset>".encode())
    assert read(body, "application/octet-stream").items[0].url == PAGE


def test_addresses_beyond_the_limit_of_the_protocol_are_dropped() -> None:
    feed = urlset("".join(f"<url><loc>https://bote.example/{no}</loc></url>" for no in range(50_100)), SITEMAP)
    assert (len(feed.items), feed.dropped, feed.warnings) == (50_000, 100, ("too_many_items",))
