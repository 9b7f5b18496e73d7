"""Any bytes give a feed of valid items or NotAFeed, and a written feed is read back unchanged."""

from __future__ import annotations

import gzip
import html
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import lxml.html
import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.canonical_urls import canonical_url
from pipeline.collect.feeds import Feed, FeedItem, NotAFeed
from pipeline.collect.feeds.feed import FeedText, FeedWarning
from pipeline.collect.feeds.html import MAX_CONTENT_CHARS, article_html, clean_html, plain_text
from pipeline.collect.feeds.items import MAX_TEXT_CHARS, MAX_URL_CHARS
from pipeline.ids import article_id
from pipeline.mending import mend
from tests.collect.feeds.sample_feeds import NOW, atom, read, rss
from tests.collect.feeds.test_feeds import ATOM_03, RDF

modest = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://bote.example/a</loc><lastmod>2026-03-02</lastmod><n:news><n:title>a</n:title>
<n:publication_date>2026-03-02T07:15Z</n:publication_date></n:news></url><url><loc>/b</loc></url></urlset>"""
INDEX = (
    "<sitemapindex><sitemap><loc>https://bote.example/a.xml</loc><lastmod>2026-03-02</lastmod></sitemap></sitemapindex>"
)
FULL_RSS = rss(
    """<item><title>a &amp; <![CDATA[<b>b</b>]]></title><link>https://bote.example/a?utm_source=x&amp;b=1</link>
    <guid isPermaLink="false">a</guid><pubDate>Mo, 02 Mär 2026 08:15 MEZ</pubDate>
    <description>&lt;p style="a:b"&gt;x&amp;nbsp;&lt;/p&gt;</description>
    <content:encoded><![CDATA[<p>a</p><script>b</script>]]></content:encoded>
    <enclosure url="/a.mp3"/><category>c</category></item><item><guid>https://bote.example/b</guid></item>"""
)
FULL_ATOM = atom(
    """<entry xml:base="/x/"><title type="html">&lt;i&gt;a</title><link href="a" rel="alternate"/><id>tag:a,1</id>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/></p></div></content>
    <updated>2026-03-02T07:15:00Z</updated></entry>"""
)
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "a", "url": "/a", "content_html": "<p>a</p>", "date_published": "2026-03-02T07:15:00Z"}],
    }
)
SEEDS = [text.encode() for text in (FULL_RSS, FULL_ATOM, ATOM_03, RDF, SITEMAP, INDEX, JSON_FEED)]
SEEDS += [FULL_RSS.encode("utf-16"), FULL_RSS.encode("cp1252"), gzip.compress(FULL_RSS.encode(), mtime=0)]


def check(body: bytes, content_type: str | None = None) -> Feed | None:
    try:
        feed = read(body, content_type)
    except NotAFeed:
        return None
    for item in feed.items:
        check_item(item)
    guids = [item.guid for item in feed.items]
    assert len(guids) == len(set(guids))
    assert len(set(feed.warnings)) == len(feed.warnings)
    assert set(feed.warnings) <= {warning.value for warning in FeedWarning}
    assert all(canonical_url(link.url) for link in feed.sitemaps)
    assert msgspec.json.decode(msgspec.json.encode(feed), type=Feed) == feed
    return feed


def check_item(item: FeedItem) -> None:
    assert urlsplit(item.url).scheme.lower() in {"http", "https"}
    assert urlsplit(item.canonical_url).netloc
    assert item.canonical_url == canonical_url(item.url)
    assert article_id(item.url)
    assert 0 < len(item.url) <= 2 * MAX_URL_CHARS
    for text in (item.url, item.guid, item.title, item.summary, item.published_raw, item.updated_raw, item.content):
        assert text is None or (text.strip() and "\0" not in text and text.encode("utf-8"))
    for text in (item.guid, item.title, item.summary, item.published_raw, item.updated_raw):
        assert text is None or len(text) <= max(MAX_TEXT_CHARS, 2 * MAX_URL_CHARS)
    assert item.content is None or len(item.content) <= MAX_CONTENT_CHARS
    assert (item.published_raw is None) == (item.published_quality is None)
    for moment in (item.published_at, item.updated_at):
        assert moment is None or (moment.tzinfo is UTC and moment <= NOW + timedelta(minutes=10))


@settings(modest, max_examples=300)
@given(st.binary(max_size=400), st.none() | st.text(max_size=60))
def test_arbitrary_bytes_give_a_feed_or_the_documented_error(body: bytes, content_type: str | None) -> None:
    check(body, content_type)


TOKENS = [
    "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE ", "[", "]", "&", "&amp;", "&#0;",
    "&#x41;", "&nbsp;", "&x;", "<item>", "</item>", "<entry>", "<title>", "</title>", "<link>", "</link>", "<link/>",
    '<link href="', "https://a.example/", "http://", "<guid>", "<description>", "</description>", "<content:encoded>",
    "<pubDate>", "2026-03-02", "<rss>", "</rss>", "<channel>", "<feed ", "<url>", "<loc>", "</loc>", "<urlset>", "<b>",
    ' xmlns="', ' xmlns:a="', ' a="', '"', "'", "=", "a", " ", "\n", "\0", "\x0b", "ü", "\ud800", "<a:b>", "<:>",
    "<media:group>", "<media:content url='x'>", " xml:base='//['", "//[", "%", "javascript:", "#", "<rdf:li>",
    "rdf:about='", "mode='base64'",
]  # fmt: skip


@settings(modest, max_examples=400)
@given(st.lists(st.sampled_from(TOKENS), max_size=60).map("".join))
def test_fragments_of_markup_give_a_feed_or_the_documented_error(text: str) -> None:
    check(("<rss><item><link>https://a.example/1</link>" + text).encode("utf-8", "surrogatepass"))
    check(text.encode("utf-8", "surrogatepass"))


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A valid feed with some bytes cut off, doubled, deleted, moved or replaced."""
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 60)))
        match draw(st.sampled_from(["cut", "double", "delete", "move", "replace"])):
            case "cut":
                del body[start:]
            case "double":
                body[end:end] = body[start:end]
            case "delete":
                del body[start:end]
            case "move":
                piece = body[start:end]
                del body[start:end]
                at = draw(st.integers(0, len(body)))
                body[at:at] = piece
            case _:
                body[start:end] = draw(st.binary(max_size=8))
    return bytes(body)


@settings(modest, max_examples=600)
@given(mutations())
def test_damaged_feeds_give_a_feed_or_the_documented_error(body: bytes) -> None:
    check(body)


def test_the_undamaged_feeds_are_read_without_a_warning() -> None:
    for body in SEEDS[:7]:
        feed = check(body)
        assert feed is not None and feed.warnings == () and (feed.items or feed.sitemaps), body


# Round trips

plain = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="<&"), max_size=30)


class Written(NamedTuple):
    page: int
    title: str
    guid: str
    published_at: datetime


written = st.builds(
    Written,
    st.integers(0, 10_000),
    plain,
    plain.filter(bool),
    st.datetimes(datetime(1990, 1, 1), datetime(2026, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
)
feeds = st.lists(written, max_size=8, unique_by=(lambda one: one.page, lambda one: one.guid))


def as_rss(items: list[Written]) -> str:
    return rss(
        "".join(
            f"<item><title>{html.escape(one.title)}</title><link>https://bote.example/{one.page}</link>"
            f"<guid isPermaLink='false'>{html.escape(one.guid)}</guid>"
            f"<pubDate>{format_datetime(one.published_at)}</pubDate></item>"
            for one in items
        )
    )


def as_atom(items: list[Written]) -> str:
    return atom(
        "".join(
            f"<entry><title>{html.escape(one.title)}</title><link href='/{one.page}'/><id>{html.escape(one.guid)}</id>"
            f"<published>{one.published_at.isoformat()}</published></entry>"
            for one in items
        )
    )


def as_json(items: list[Written]) -> str:
    fields = [
        {
            "url": f"https://bote.example/{one.page}",
            "id": one.guid,
            "title": one.title,
            "date_published": one.published_at,
        }
        for one in items
    ]
    return msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "items": fields}).decode()


@modest
@given(feeds, st.sampled_from([as_rss, as_atom, as_json]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_written_feed_is_read_back(items: list[Written], render: object, charset: str) -> None:
    assert callable(render)
    feed = check(render(items).replace('encoding="UTF-8"', f'encoding="{charset}"', 1).encode(charset))
    assert feed is not None
    assert [(item.url, item.title or "", item.published_at) for item in feed.items] == [
        (f"https://bote.example/{one.page}", repaired(one.title), one.published_at) for one in items
    ]
    assert [item.guid for item in feed.items] == [repaired(one.guid) for one in items]


def repaired(text: str) -> str:
    """The text after the reader corrected UTF-8 that looks like Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


# Parts that must not fail


@modest
@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
def test_mending_twice_changes_nothing_more(text: str) -> None:
    once = mend(text)
    assert mend(once) == once


HTML_TOKENS = [
    "<p>", "</p>", "<a href=", '"', "'", ">", "<", "&", ";", "#", "&#", "&#x", "9" * 12, "style=", "color:", "<!--",
    "--", "-->", "<!", "<![", "]>", "<?", "<script>", "</script>", "<svg>", "<math>", "xlink:href=", "//[", "http://",
    "javascript:", "<br/>", "<img src=x onerror=y>", "\x0b", "\ud800", "\0", "ü", " ", "=", "/", "<table>", "<select>",
    "<title>", "<body ", "<a/b/", "<form action=",
]  # fmt: skip


@settings(modest, max_examples=300)
@given(
    st.lists(st.sampled_from(HTML_TOKENS), max_size=40).map("".join), st.sampled_from(["https://a.example/", "", "//["])
)
@example("&#" + "9" * 10_000 + ";", "")
def test_no_html_makes_the_cleaners_fail(markup: str, base: str) -> None:
    content = article_html(FeedText(markup, True), base, 0) or ""
    for element in lxml.html.document_fromstring(f"<body>{content}{clean_html(markup, base)}").iter(etree.Element):
        assert element.tag not in {"script", "style", "iframe"}
        for name, value in element.items():
            assert not str(name).startswith("on") and not str(value).strip().lower().startswith("javascript:")
    assert plain_text(markup) is not None
