"""From a homepage to feeds: what a page declares and shows, what addresses say, and what can be read there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.discovery.links import Homepage, declared_sitemaps, read_homepage, well_known_feeds
from pipeline.collect.discovery.masthead import Masthead, read_masthead
from pipeline.collect.discovery.probes import Prober
from pipeline.collect.discovery.survey import Survey, survey
from pipeline.collect.http.client import Client, Limits
from pipeline.ledger.log import utc_now
from pipeline.sources import HttpUrl, SourceId
from pipeline.sources.sites import (
    country_of,
    http_address,
    language_of,
    outlet_of,
    registrable_host,
    same_address,
    shared_name,
    slug,
    suggest_id,
    tidy_name,
)
from tests.worlds.loopback import Answer, WebServer

URL = "https://www.bote.example/start"


def page(html: str, content_type: str | None = "text/html; charset=utf-8") -> Homepage:
    homepage = read_homepage(html.encode(), url=URL, content_type=content_type)
    assert homepage is not None
    return homepage


# What a page declares

DECLARED = {
    "as the book says": ('<link rel="alternate" type="application/rss+xml" href="/rss.xml">', "/rss.xml"),
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
def test_what_is_no_feed_of_the_page(html: str) -> None:
    assert page(f"<html><head><title>Bote</title>{html}").declared == ()


def test_addresses_are_relative_to_the_base_and_each_is_there_once() -> None:
    html = (
        '<base href="//static.bote.example/de/"><link rel=alternate type=application/rss+xml href=rss.xml>'
        '<link rel=alternate type=application/rss+xml href="rss.xml#top">'
        '<link rel=alternate type=application/atom+xml href="feed://bote.example/atom">'
        '<a href="politik.rss">RSS</a>'
    )
    assert page(html).declared == ("https://static.bote.example/de/rss.xml", "http://bote.example/atom")
    assert page(html).shown == ("https://static.bote.example/de/politik.rss",)


def test_an_opinion_section_is_not_taken_for_comments() -> None:
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
def test_an_anchor_that_does_not(href: str) -> None:
    assert page(f'<body><a href="{href}">RSS</a>').shown == ()


def test_what_is_hidden_is_not_shown() -> None:
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


def test_a_title_in_the_charset_of_header_or_meta() -> None:
    title = "<title>Münchner Bote</title>"
    for content_type, head in [("text/html; charset=iso-8859-1", ""), ("text/html", "<meta charset=iso-8859-1>")]:
        body = (head + title).encode("latin-1")
        homepage = read_homepage(body, url=URL, content_type=content_type)
        assert homepage is not None and homepage.title == "Münchner Bote"


@pytest.mark.parametrize("body", [b"", b"   ", b"%PDF-1.7 \x00\x01", b'{"a": 1}', b"plain text", b"\xff\xfe\x00"])
def test_what_is_no_page(body: bytes) -> None:
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


# What a feed says above its items

NEWS_SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
    "<url><loc>{base}/wahl</loc><n:news><n:publication><n:name>Der Bote</n:name><n:language>de</n:language>"
    "</n:publication><n:publication_date>2026-03-02T08:00:00Z</n:publication_date><n:title>Wahl</n:title></n:news></url></urlset>"
)
MASTHEADS = {
    "rss": (
        "<rss version='2.0'><channel><title>Bote\n &amp; Co</title><link>https://bote.example/</link><language>de-at</language>"
        "<item><title>x</title><link>https://bote.example/x</link></item></channel></rss>",
        Masthead(title="Bote & Co", language="de-at", homepage="https://bote.example/"),
    ),
    "atom": (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en-GB'><title>Bote</title><link rel='self' href='/feed'/>"
        "<link href='/'/><entry><title>x</title></entry></feed>",
        Masthead(title="Bote", language="en-GB", homepage="https://www.bote.example/"),
    ),
    "json_feed": (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Bote\\u001b[2J", "language": "de", '
        '"home_page_url": "https://bote.example/", "items": []}',
        Masthead(title="Bote[2J", language="de", homepage="https://bote.example/"),
    ),
    "news_sitemap": (NEWS_SITEMAP, Masthead(title="Der Bote", language="de")),
    "broken json": ('{"title": ', Masthead()),
    "a title that is no text": ('{"title": 7}', Masthead()),
    "a broken sitemap": ("<urlset><url>", Masthead()),
    "no bytes": ("", Masthead()),
}


@pytest.mark.parametrize(("body", "masthead"), MASTHEADS.values(), ids=MASTHEADS)
def test_a_masthead(body: str, masthead: Masthead) -> None:
    assert read_masthead(body.encode(), url=URL, content_type=None) == masthead


# What addresses say

COUNTRIES = {
    ("bote.de", None): "DE",
    ("bote.at", "de-DE"): "AT",
    ("www.bote.ch", "fr"): "CH",
    ("bote.co.uk", "en"): "GB",
    ("bote.scot", None): "GB",
    ("bote.com.au", "en"): "AU",
    ("bote.wien", "de"): "AT",
    ("bote.berlin", "en"): "DE",
    ("bote.zuerich", None): "CH",
    ("bote.com", "de"): "DE",
    ("bote.com", "de-AT"): "AT",
    ("bote.com", "en_GB"): "GB",
    ("bote.com", "en-UK"): "GB",
    ("bote.com", "en"): "US",
    ("bote.org", "zh-Hant-TW"): "TW",
    ("bote.net", "es-419"): "ES",
    ("bote.io", "de"): "DE",
    ("bote.tv", "fr-FR"): "FR",
    ("bote.eu", "sv"): "SE",
    ("bote.com", None): "ZZ",
    ("bote.com", "sw"): "ZZ",
    ("127.0.0.1", "de"): "DE",
}
LANGUAGES = {
    "de": "de", "DE-at": "de", "de_CH.UTF-8": "de", "en-GB": "en", "zh-Hans-CN": "zh", "gsw": "gsw", " fr ": "fr",
    "german": None, "": None, "x-default": None, "und": None, "d": None, None: None,
}  # fmt: skip
HOSTS = {
    "www.bote.de": "bote.de",
    "bote.de": "bote.de",
    "news.bote.co.uk": "bote.co.uk",
    "bote.co.uk": "bote.co.uk",
    "a.b.bote.or.at": "bote.or.at",
    "www.bote.com.au": "bote.com.au",
    "stadtblog.blogspot.com": "stadtblog.blogspot.com",
    "www.stadtblog.wordpress.com": "stadtblog.wordpress.com",
    "localhost": "localhost",
    "bote.localhost": "bote.localhost",
    "127.0.0.1": "127.0.0.1",
}
IDS = {
    "https://www.tagblatt.de/": "tagblatt",
    "https://news.tag-blatt.co.uk/x": "tag-blatt",
    "https://münchner-bote.de/": "muenchner-bote",
    "https://xn--mnchner-bote-dlb.de/": "muenchner-bote",
    "https://stadtblog.substack.com/": "stadtblog",
    "https://feeds.feedburner.com/StadtBlog": "stadtblog",
    "https://www.youtube.com/feeds/videos.xml?channel_id=UCx1": "ucx1",
    "http://127.0.0.1:8000/": "127-0-0-1",
    "https://почта.рф/": "xn-80a1acny",
}


@pytest.mark.parametrize(("given", "country"), COUNTRIES.items())
def test_the_country(given: tuple[str, str | None], country: str) -> None:
    assert country_of(*given) == country


@pytest.mark.parametrize(("tag", "language"), LANGUAGES.items())
def test_the_language(tag: str | None, language: str | None) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(("host", "registrable"), HOSTS.items())
def test_the_registrable_host(host: str, registrable: str) -> None:
    assert registrable_host(host) == registrable


@pytest.mark.parametrize(("url", "source_id"), IDS.items())
def test_a_suggested_id(url: str, source_id: str) -> None:
    assert suggest_id(url) == source_id


def test_outlets_on_shared_hosts_are_told_apart() -> None:
    assert outlet_of("https://feeds.feedburner.com/a") != outlet_of("https://feeds.feedburner.com/b")
    assert outlet_of("https://a.substack.com/feed") != outlet_of("https://b.substack.com/feed")
    assert outlet_of("https://rss.bote.de/alles") == outlet_of("https://www.bote.de/")


def test_addresses_that_differ_in_nothing() -> None:
    assert same_address("http://bote.example/feed/?utm_source=rss") == same_address("https://www.bote.example/feed")
    assert same_address("https://bote.example/feed?c=1") != same_address("https://bote.example/feed?c=2")


ADDRESSES = {
    "https://bote.example/feed#top": "https://bote.example/feed",
    "HTTPS://bote.example/Feed": "https://bote.example/Feed",
    " feed:https://bote.example/a b ": "https://bote.example/a%20b",
    "feed://bote.example/rss": "http://bote.example/rss",
    "Feed://bote.example/rss": "http://bote.example/rss",
    "https://münchner-bote.de/ü": "https://münchner-bote.de/ü",
    "https://bote.example/\x1b[2J": None,
    "ftp://bote.example/": None,
    "bote.example": None,
    "https://": None,
    "https://[::1": None,
    "https://bote.example:port/": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items())
def test_an_address_as_it_can_be_asked_for(text: str | None, address: str | None) -> None:
    assert http_address(text) == address


NAMES = [
    (["Bote - Politik", "Bote - Sport"], "Bote"),
    (["Bote: Politik", "Bote"], "Bote"),
    (["Der Bote | Wien", "Der Bote | Wirtschaft"], "Der Bote"),
    (["Tagblatt Nord", "Tagblatt Ost"], "Tagblatt"),
    (["Botenstoff", "Botschaft"], None),
    (["Politik", "Sport"], None),
    (["Bote – Aktuelle Nachrichten"], "Bote – Aktuelle Nachrichten"),
    ([], None),
]


@pytest.mark.parametrize(("titles", "name"), NAMES)
def test_what_titles_have_in_common(titles: list[str], name: str | None) -> None:
    assert shared_name(titles) == name


def test_names_are_one_line_and_slugs_can_be_ids() -> None:
    assert tidy_name(" Der\n\t Bote\x00\x1b[0m ") == "Der Bote[0m"
    assert tidy_name("\x07 \n") is None
    assert slug("Žurnál & Straße!") == "zurnal-strasse"
    assert slug("日本") == ""
    assert len(slug("x" * 99)) == 64


# Whatever comes

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
def test_any_page_and_any_feed_is_read_or_not(markup: str, content_type: str | None) -> None:
    body = f"<html>{markup}".encode("utf-8", "surrogatepass")
    homepage = read_homepage(body, url=URL, content_type=content_type)
    for url in (*homepage.declared, *homepage.shown) if homepage else ():
        msgspec.convert(url, HttpUrl)
    for feed in (body, b"<rss><channel>" + body, b"<urlset>" + body, b'{"title": "' + body):
        read_masthead(feed, url=URL, content_type=content_type)
    declared_sitemaps(body, url=URL)


@given(st.text() | st.text().map("https://bote.example/{}".format) | st.text().map("http://{}.example/".format))
def test_any_text_is_an_address_or_none(text: str) -> None:
    url = http_address(text)
    if url is not None:
        msgspec.convert(url, HttpUrl)
        msgspec.convert(suggest_id(url), SourceId)
        outlet_of(url)
        well_known_feeds(url)


# What can be read at an address


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def surveyed(web: WebServer, path: str = "/") -> Survey:
    async def run() -> Survey:
        async with Client(
            allow_hosts=("127.0.0.1",), limits=Limits(50), contact="", now=utc_now, hosts=Path(folder)
        ) as client:
            return await survey(Prober(client, now=utc_now), web.base + path)

    with TemporaryDirectory() as folder:
        return asyncio.run(run())


def found(web: WebServer, path: str = "/") -> list[str]:
    return [probe.url.removeprefix(web.base) for probe in surveyed(web, path).found]


def homepage(web: WebServer, *hrefs: str, shown: str = "") -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{href}">' for href in hrefs)
    web.answers["/"] = Answer(f"<!doctype html><html lang=de><head><title>Bote</title>{links}<body>{shown}".encode())


def test_a_feed_is_found_at_its_own_address(web: WebServer) -> None:
    web.feed("/rss.xml", ("/a", "A"))
    assert found(web, "/rss.xml") == ["/rss.xml"]
    assert web.asked.total() == web.asked["/rss.xml"] + web.asked["/robots.txt"]


def test_what_the_page_declares_is_enough(web: WebServer) -> None:
    web.feed("/a.xml", ("/a", "A"))
    web.feed("/empty.xml")
    web.feed("/shown.rss", ("/b", "B"))
    web.feed("/feed", ("/c", "C"))
    homepage(web, "/a.xml", "/empty.xml", "/gone.xml", shown="<a href=/shown.rss>RSS</a>")
    survey = surveyed(web)
    assert [probe.url for probe in survey.found] == [f"{web.base}/a.xml"]
    assert [(probe.url, probe.problem) for probe in survey.unread] == [
        (f"{web.base}/empty.xml", None),
        (f"{web.base}/gone.xml", "http 404"),
    ]
    assert survey.homepage is not None and survey.homepage.language == "de"
    assert web.asked["/shown.rss"] == web.asked["/feed"] == 0


def test_anchors_count_where_nothing_is_declared(web: WebServer) -> None:
    web.feed("/shown.rss", ("/b", "B"))
    web.feed("/feed", ("/c", "C"))
    homepage(web, shown="<a href=/shown.rss>RSS</a><a href=/rss/>Unsere Feeds</a>")
    assert found(web) == ["/shown.rss"]
    assert web.asked["/feed"] == 0


def test_usual_addresses_come_last(web: WebServer) -> None:
    web.feed("/atom.xml", ("/c", "C"))
    homepage(web)
    assert found(web) == ["/atom.xml"]


def test_news_sitemaps_of_robots_txt_are_known_by_reading(web: WebServer) -> None:
    robots = "Sitemap: {0}/pages.xml\nSitemap: {0}/index.xml\nSitemap: {0}/aktuell.xml\nSitemap: {0}/none.xml\n"
    web.answers["/robots.txt"] = Answer(robots.format(web.base).encode(), content_type="text/plain")
    news = NEWS_SITEMAP.format(base=web.base).encode()
    plain = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{}/x</loc></url></urlset>'
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{0}/old.xml</loc></sitemap>'
        "<sitemap><loc>{0}/news-1.xml</loc></sitemap></sitemapindex>"
    )
    web.answers["/aktuell.xml"] = web.answers["/news-1.xml"] = Answer(news, content_type="application/xml")
    web.answers["/pages.xml"] = Answer(plain.format(web.base).encode(), content_type="application/xml")
    web.answers["/index.xml"] = Answer(index.format(web.base).encode(), content_type="application/xml")
    web.feed("/rss.xml", ("/a", "A"))
    homepage(web, "/rss.xml")
    assert found(web) == ["/rss.xml", "/aktuell.xml", "/news-1.xml"]
    assert web.asked["/old.xml"] == 0


def test_an_index_of_news_sitemaps_stands_for_its_members(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(f"Sitemap: {web.base}/news/index.xml".encode(), content_type="text/plain")
    index = (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{web.base}/news/today.xml</loc>'
        "</sitemap></sitemapindex>"
    )
    web.answers["/news/index.xml"] = Answer(index.encode(), content_type="application/xml")
    news = NEWS_SITEMAP.format(base=web.base).encode()
    web.answers["/news/today.xml"] = Answer(news, content_type="application/xml")
    homepage(web)
    assert found(web) == ["/news/index.xml"]


NOTHING = {
    "a page that has no feed": ("<html><p>Willkommen", "no feed there, nor at 7 addresses where one may be"),
    "a text": ("nothing to see", "not a feed"),
    "an empty feed": ("<rss version='2.0'><channel><title>Bote</title></channel></rss>", "without items"),
}


@pytest.mark.parametrize(("body", "problem"), NOTHING.values(), ids=NOTHING)
def test_where_there_is_nothing(web: WebServer, body: str, problem: str) -> None:
    web.answers["/"] = Answer(body.encode(), content_type="text/html")
    survey = surveyed(web)
    assert survey.found == ()
    assert problem in (survey.problem or "")


def test_an_address_that_does_not_answer(web: WebServer) -> None:
    assert surveyed(web, "/missing").problem == "http 404"
