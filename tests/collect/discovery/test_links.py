"""Which feeds a homepage declares and shows, and which sitemaps a robots.txt names."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.discovery.links import Homepage, declared_sitemaps, read_homepage, well_known_feeds
from pipeline.sources import HttpUrl

URL = "https://www.bote.example/start"


def page(html: str, content_type: str | None = "text/html; charset=utf-8") -> Homepage:
    homepage = read_homepage(html.encode(), url=URL, content_type=content_type)
    assert homepage is not None
    return homepage


DECLARED = {
    "as the standard says": ('<link rel="alternate" type="application/rss+xml" href="/rss.xml">', "/rss.xml"),
    "in capitals": ('<LINK REL="ALTERNATE" TYPE="APPLICATION/ATOM+XML" HREF="/Atom">', "/Atom"),
    "among other relations": ("<link rel='home alternate' type='application/rss+xml' href='/a'>", "/a"),
    "without quotes": ("<link rel=alternate type=application/rss+xml href=/a>", "/a"),
    "a type with a charset": ('<link rel="alternate" type="text/xml; charset=utf-8" href="/a">', "/a"),
    "a JSON Feed": ('<link rel="alternate" type="application/feed+json" href="/feed.json">', "/feed.json"),
    "a JSON Feed by its old type": ('<link rel="alternate" type="application/json" href="/feed.json">', "/feed.json"),
    "the short relation": ('<link rel="feed" href="/a">', "/a"),
    "spaces and entities": ('<link rel="alternate" type="application/rss+xml" href=" /a?b=1&amp;c=2 ">', "/a?b=1&c=2"),
    "a line break in the address": ('<link rel="alternate" type="application/rss+xml" href="/a\n/b">', "/a/b"),
    "in the body": ('</head><body><p><link rel="alternate" type="application/rss+xml" href="/a">', "/a"),
    "in XHTML": ('<link rel="alternate" type="application/rss+xml" href="/a" />', "/a"),
}
NOT_DECLARED = {
    "a style sheet": '<link rel="alternate stylesheet" type="text/xml" href="/a.xsl">',
    "a translation": '<link rel="alternate" hreflang="en" href="/en/">',
    "an oEmbed": '<link rel="alternate" type="application/json+oembed" href="/oembed">',
    "a page's data": '<link rel="alternate" type="application/json" href="/wp-json/pages/2">',
    "the comments": '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">',
    "the comments by title": '<link rel="alternate" type="application/rss+xml" title="Kommentar-Feed" href="/k">',
    "no address": '<link rel="alternate" type="application/rss+xml">',
    "a script": '<link rel="alternate" type="application/rss+xml" href="javascript:void(0)">',
    "an impossible address": '<link rel="alternate" type="application/rss+xml" href="https://[feed/">',
    "in a comment": '<!-- <link rel="alternate" type="application/rss+xml" href="/a"> -->',
}


@pytest.mark.parametrize(("html", "path"), DECLARED.values(), ids=DECLARED)
def test_a_declared_feed(html: str, path: str) -> None:
    assert page(f"<html><head><title>Bote</title>{html}").declared == (f"https://www.bote.example{path}",)


@pytest.mark.parametrize("html", NOT_DECLARED.values(), ids=NOT_DECLARED)
def test_a_link_that_is_not_a_feed_of_the_page(html: str) -> None:
    assert page(f"<html><head><title>Bote</title>{html}").declared == ()


def test_addresses_are_relative_to_the_base_and_unique() -> None:
    html = (
        '<base href="//static.bote.example/de/"><link rel=alternate type=application/rss+xml href=rss.xml>'
        '<link rel=alternate type=application/rss+xml href="rss.xml#top">'
        '<link rel=alternate type=application/atom+xml href="feed://bote.example/atom">'
        '<a href="politik.rss">RSS</a>'
    )
    assert page(html).declared == ("https://static.bote.example/de/rss.xml", "http://bote.example/atom")
    assert page(html).shown == ("https://static.bote.example/de/politik.rss",)


def test_an_opinion_section_is_not_mistaken_for_comments() -> None:
    html = '<link rel=alternate type=application/rss+xml title="Kommentare" href="/kommentare.rss">'
    assert page(html).declared == ("https://www.bote.example/kommentare.rss",)


SHOWN = [
    "/rss", "/feed/", "/politik.rss", "/rss.xml", "/index~rss2.xml", "/rssfeed.rdf", "/rss/aktuell/politik",
    "/?feed=rss2", "/feed.json", "/export/atom", "https://feeds.othername.example/bote/rss",
    "https://rss.bote.example/alles/feed.xml",
]  # fmt: skip
NOT_SHOWN = [
    "/presse/", "/feedback", "/atomkraft/", "/rssistenz.html", "/comments/feed/", "https://reader.example/add?feed=rss",
    "https://other.example/feed.xml", "mailto:rss@bote.example", "#feed", "/newsfeed-erklaert.html",
]  # fmt: skip


@pytest.mark.parametrize("href", SHOWN)
def test_an_anchor_that_looks_like_a_feed(href: str) -> None:
    assert len(page(f'<body><a href="{href}">RSS</a>').shown) == 1


@pytest.mark.parametrize("href", NOT_SHOWN)
def test_an_anchor_that_does_not_look_like_a_feed(href: str) -> None:
    assert page(f'<body><a href="{href}">RSS</a>').shown == ()


def test_hidden_anchors_are_ignored() -> None:
    html = (
        '<body><div hidden><a href="/a.rss">a</a></div><p style="display: none"><a href="/b.rss">b</a></p>'
        '<noscript><a href="/c.rss">c</a></noscript><a href="/d.rss">d</a>'
    )
    assert page(html).shown == ("https://www.bote.example/d.rss",)


NAMED = {
    "site name before title": ('<meta property="og:site_name" content="Bote"><title>News | Bote</title>', "Bote"),
    "title with line breaks": ("<title>\n  Der\n Bote </title>", "Der Bote"),
    "control characters": ("<title>Bote&#27;[31m</title>", "Bote[31m"),
    "nothing": ("<p>", None),
}


@pytest.mark.parametrize(("html", "name"), NAMED.values(), ids=NAMED)
def test_a_page_names_itself(html: str, name: str | None) -> None:
    homepage = page(html)
    assert (homepage.name or homepage.title) == name


LANGUAGES_OF_PAGES = {
    '<html lang="de-AT">': "de-AT",
    '<html xml:lang="de">': "de",
    '<meta http-equiv="Content-Language" content="fr">': "fr",
    '<meta property="og:locale" content="en_GB">': "en_GB",
    "<html>": None,
}


@pytest.mark.parametrize(("html", "tag"), LANGUAGES_OF_PAGES.items())
def test_a_page_says_its_language(html: str, tag: str | None) -> None:
    assert page(f"{html}<p>Text").language == tag


def test_a_title_is_decoded_by_the_charset_of_header_or_meta() -> None:
    title = "<title>Münchner Bote</title>"
    for content_type, head in [("text/html; charset=iso-8859-1", ""), ("text/html", "<meta charset=iso-8859-1>")]:
        body = (head + title).encode("latin-1")
        homepage = read_homepage(body, url=URL, content_type=content_type)
        assert homepage is not None and homepage.title == "Münchner Bote"


@pytest.mark.parametrize("body", [b"", b"   ", b"%PDF-1.7 \x00\x01", b'{"a": 1}', b"plain text", b"\xff\xfe\x00"])
def test_bytes_that_are_not_html(body: bytes) -> None:
    assert read_homepage(body, url=URL, content_type="text/html") is None


def test_deep_and_long_pages_are_read() -> None:
    link = "<link rel=alternate type=application/rss+xml href=/rss.xml>"
    assert page(f"<html><head>{link}" + "<div>" * 5_000 + "<p>Text" * 5_000).declared


def test_usual_addresses_are_tried_beside_the_page_and_at_the_root() -> None:
    paths = well_known_feeds("https://bote.example/en?x=1")
    assert paths[:2] == ("https://bote.example/en/feed", "https://bote.example/en/rss")
    assert "https://bote.example/feed.json" in paths
    assert len(well_known_feeds("https://bote.example/")) == 7


def test_sitemaps_of_a_robots_txt() -> None:
    robots = (
        "\ufeffSitemap: https://bote.example/a.xml\nuser-agent: *\r\n  SITEMAP :/b.xml # news\r\n"
        "Disallow: /sitemap: x\nsitemap: https://bote.example/a.xml\nSitemap: ftp://bote.example/c.xml\n"
    )
    found = declared_sitemaps(robots.encode(), url="https://bote.example/robots.txt")
    assert found == ("https://bote.example/a.xml", "https://bote.example/b.xml")


_MARKUP = st.lists(
    st.sampled_from(
        [
            "<link rel=alternate type=application/rss+xml href=",
            "'",
            '"',
            ">",
            "<base href=",
            "//[",
            "&#0;",
            "\x00",
            "<a href=",
        ]
    )
    | st.text(max_size=8)
).map("".join)


@settings(deadline=None)
@given(
    _MARKUP | st.text(),
    st.sampled_from([None, "text/html", "text/html; charset=utf-16", "text/html; charset=nonsense"]),
)
def test_no_page_raises(markup: str, content_type: str | None) -> None:
    body = f"<html>{markup}".encode("utf-8", "surrogatepass")
    homepage = read_homepage(body, url=URL, content_type=content_type)
    for url in (*homepage.declared, *homepage.shown) if homepage else ():
        msgspec.convert(url, HttpUrl)
    declared_sitemaps(body, url=URL)
