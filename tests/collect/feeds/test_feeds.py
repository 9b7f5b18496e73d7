"""Valid feeds: every item with a page is read, with the fields of the feed."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pipeline.collect.feeds import FeedKind
from pipeline.events import DateQuality
from tests.collect.feeds.sample_feeds import DECLARATIONS, RSS, A, B, atom, entry, item, read, read_item, rss

ATOM = atom("""<entry><title>Pegel</title><id>tag:bote,1</id><link href="https://bote.example/pegel"/>
<published>2026-03-02T07:15:00Z</published><updated>2026-03-02T09:00:00Z</updated>
<summary type="html">&lt;p class="x"&gt;Das Wasser &lt;b&gt;geht&lt;/b&gt; zurück.&lt;br&gt;</summary></entry>""")
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Bote</title><link>https://bote.example/</link></channel>
<item rdf:about="https://bote.example/pegel"><title>Pegel</title><link>https://bote.example/pegel</link>
<dc:date>2026-03-02T08:15:00+01:00</dc:date></item></rdf:RDF>"""
RSS_090 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Bote</title></channel><item><title>Pegel</title><link>https://bote.example/pegel</link></item></rdf:RDF>"""
RSS_091 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd">
<rss version="0.91"><channel><title>Bote</title><item><title>Pegel</title>
<link>https://bote.example/pegel</link></item></channel></rss>"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Bote</title><entry><title>Pegel</title>
<link rel="alternate" type="text/html" href="https://bote.example/pegel"/><id>tag:bote,1</id>
<issued>2026-03-02T08:15:00+01:00</issued><modified>2026-03-02T10:00:00+01:00</modified></entry></feed>"""

HTML_TEXTS = f"""<description>&lt;p&gt;Das Wasser &lt;b&gt;geht&lt;/b&gt; zurück.&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>{"Das Wasser im Hafen fällt seit Montag. " * 20}</p>]]></content:encoded>"""

# Formats


def test_an_rss_item_as_the_feed_gave_it() -> None:
    feed = read(RSS)
    first, second = feed.items
    assert (feed.kind, feed.warnings, feed.dropped, feed.repeats) == (FeedKind.RSS, (), 0, ())
    assert (first.title, first.guid, first.summary) == ("Pegel fällt", "p-1", "Das Wasser geht zurück.")
    assert first.url == "https://bote.example/pegel?utm_source=rss"
    assert first.canonical_url == "https://bote.example/pegel"
    assert first.published_at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)
    assert first.published_raw == "Mon, 02 Mar 2026 08:15:00 +0100"
    assert first.published_quality is DateQuality.EXACT
    assert (second.url, second.guid) == ("https://bote.example/wahl", "https://bote.example/wahl")
    assert (second.published_at, second.published_quality) == (None, None)


@pytest.mark.parametrize(
    ("body", "kind", "published"),
    [
        (ATOM, FeedKind.ATOM, True),
        (ATOM_03, FeedKind.ATOM, True),
        (RDF, FeedKind.RDF, True),
        (RSS_090, FeedKind.RDF, False),
        (RSS_091, FeedKind.RSS, False),
    ],
    ids=["atom 1.0", "atom 0.3", "rss 1.0", "rss 0.90", "rss 0.91"],
)
def test_every_format(body: str, kind: FeedKind, published: bool) -> None:
    feed = read(body)
    (only,) = feed.items
    assert (feed.kind, feed.warnings) == (kind, ())
    assert (only.title, only.url) == ("Pegel", "https://bote.example/pegel")
    assert only.published_at == (datetime(2026, 3, 2, 7, 15, tzinfo=UTC) if published else None)


def test_the_digests_of_plain_values_are_those_of_the_first_version() -> None:
    """If these digests change, every item of every feed is recorded again."""
    assert read_item(RDF).said_digest == "sha256:a45eab46176d3690f09fc27772bd86ffae16b2b9cd50278eb26beef28fd20fe4"
    assert read(RSS).items[0].said_digest == "sha256:acfdc6e91263150f2ed690e324140754d84a370ac20e24160457e9f5d584b990"


def test_the_digest_does_not_depend_on_how_html_is_sanitized() -> None:
    """Two feeds whose sanitized summaries are the same have different digests."""
    plain, traced = (
        read_item(rss(item(f"<description>{text}</description>")))
        for text in ("&lt;p&gt;Pegel&lt;/p&gt;", "&lt;p onclick='x()'&gt;Pegel&lt;/p&gt;")
    )
    assert plain.summary == traced.summary == "<p>Pegel</p>"
    assert plain.said_digest != traced.said_digest


def test_the_texts_of_known_items_are_not_read_again() -> None:
    body = rss("".join(item(f"<guid>{guid}</guid>{HTML_TEXTS}") for guid in "12"))
    known, new = read(body).items
    assert known.summary and known.content
    again = read(body, known_digests={known.said_digest})
    assert again.items == (msgspec.structs.replace(known, summary=None, content=None), new)


def test_an_update_changes_the_digest_but_not_the_guid() -> None:
    before, after = read_item(ATOM), read_item(ATOM.replace("T09:00:00Z", "T10:00:00Z"))
    assert before.guid == after.guid
    assert before.said_digest != after.said_digest
    assert before.said_digest == read_item(ATOM).said_digest


def test_the_title_of_a_picture_is_not_the_entry_s() -> None:
    for fields in ("{own}{picture}", "{picture}{own}"):
        written = fields.format(own="<title type=''>Pegel</title>", picture="<image><title>Die Mole</title></image>")
        assert read_item(atom(f"<entry><link href='/a'/>{written}</entry>")).title == "Pegel"


# Links and guids: the fields of the item, the url, the guid (None: the url without tracking)

PAGE = "https://a.example/1"
LINKS = {
    "a link and a guid": (f"<link>{PAGE}</link><guid>g</guid>", PAGE, "g"),
    "a relative link": ("<link>../1</link>", "https://bote.example/1", None),
    "a link with tracking": (f"<link>{PAGE}?utm_source=rss</link>", f"{PAGE}?utm_source=rss", PAGE),
    "a link escaped twice": (f"<link>{PAGE}?a=1&amp;amp;b=2</link>", f"{PAGE}?a=1&b=2", None),
    "a link in CDATA": (f"<link><![CDATA[ {PAGE} ]]></link>", PAGE, None),
    "a link after its tag": (f"<link/>{PAGE}<guid>g</guid>", PAGE, "g"),
    "a guid that is an address": (f"<guid>{PAGE}</guid>", PAGE, PAGE),
    "a guid that is one and denies it": (f"<guid isPermaLink='false'>{PAGE}</guid>", PAGE, PAGE),
    "a guid that is a path": ("<guid>/a</guid>", "https://bote.example/a", "/a"),
    "a guid is opaque": ("<link>/1</link><guid>/a</guid>", "https://bote.example/1", "/a"),
    "Atom's links": (f"<atom:link rel='self' href='/s'/><atom:link href='{PAGE}'/>", PAGE, None),
    "an alternate of another type": (f"<atom:link type='application/json' href='{PAGE}'/>", PAGE, None),
    "xml:base": ("<link xml:base='https://a.example/x/'>../1</link>", PAGE, None),
    "an enclosure alone": (f"<guid>g</guid><enclosure url='{PAGE}' type='audio/mpeg'/>", PAGE, "g"),
    "media:content alone": (f"<media:group><media:content url='{PAGE}' medium='audio'/></media:group>", PAGE, None),
    "a link before the enclosure": (f"<enclosure url='/1.mp3'/><link>{PAGE}</link>", PAGE, None),
    "a sound after a picture": (f"<enclosure url='/1.png'/><enclosure url='{PAGE}' type='audio/mpeg'/>", PAGE, None),
    "an own link after one of Atom": (
        f"<atom:link rel='alternate' type='text/html' href='/2'/><link>{PAGE}</link>",
        PAGE,
        None,
    ),
    "an own link before one of Atom": (f"<link>{PAGE}</link><atom:link href='/2'/>", PAGE, None),
    "an own link after one of Atom without a prefix": (
        f"<link xmlns='http://www.w3.org/2005/Atom' href='/2'/><link>{PAGE}</link>",
        PAGE,
        None,
    ),
    "FeedBurner's original": (f"<link>/2</link><feedburner:origLink>{PAGE}</feedburner:origLink>", PAGE, None),
    "a relation by its address": (
        f"<atom:link rel='http://www.iana.org/assignments/relation/alternate' href='{PAGE}'/>",
        PAGE,
        None,
    ),
    "only the entry itself": (f"<guid isPermaLink='false'>g</guid><atom:link rel='self' href='{PAGE}'/>", PAGE, "g"),
    "an enclosure with its address as text": (
        f"<atom:link rel='enclosure' type='image/png'>https://a.example/1.png</atom:link><link>{PAGE}</link>",
        PAGE,
        None,
    ),
    "a fragment": (f"<link>{PAGE}#2</link>", f"{PAGE}#2", None),
    "a picture beside a guid": (f"<link>https://bote.example/1.jpg</link><guid>{PAGE}</guid>", PAGE, None),
    "the front page beside a guid": (f"<link>https://bote.example/</link><guid>{PAGE}</guid>", PAGE, None),
    "a sound beside a guid": (f"<link>https://bote.example/1.mp3</link><guid>{PAGE}</guid>", PAGE, None),
    "an address of mail beside a guid": (f"<link>mailto:a@bote.example</link><guid>{PAGE}</guid>", PAGE, None),
    "a front page as FeedBurner's original": (
        f"<link>{PAGE}</link><feedburner:origLink>https://bote.example/</feedburner:origLink>",
        PAGE,
        None,
    ),
    "FeedBurner's picture": (f"<link>{PAGE}</link><feedburner:origLink>/1.webp</feedburner:origLink>", PAGE, None),
    "two relations": (
        f"<atom:link rel='self' href='/s'/><atom:link rel='alternate nofollow' href='{PAGE}'/>",
        PAGE,
        None,
    ),
    "no scheme": ("<link>www.bote.example/p</link>", "http://www.bote.example/p", None),
}

ALTERNATES = {
    "the first": ('<link href="/1"/><link href="/2"/>', "/1"),
    "the entry's language": ('<link hreflang="en" href="/en"/><link hreflang="de-AT" href="/de"/>', "/de"),
    "no language before another": ('<link hreflang="en" href="/en"/><link href="/1"/>', "/1"),
    "a page before a PDF": ('<link type="application/pdf" href="/1.pdf"/><link href="/1"/>', "/1"),
    "a type with a charset": (
        '<link type="application/json" href="/1"/><link type="Text/HTML; charset=x" href="/2"/>',
        "/2",
    ),
    "a picture is none": ('<link type="image/jpeg" href="/1"/><link rel="self" href="/2"/>', "/2"),
    "a sound is none": ('<link type="audio/mpeg" href="/1"/><link rel="self" href="/2"/>', "/2"),
    "a PDF alone": ('<link type="application/pdf" href="/1.pdf"/>', "/1.pdf"),
}


@pytest.mark.parametrize(("links", "url"), ALTERNATES.values(), ids=ALTERNATES)
def test_the_first_alternate_in_the_language_of_the_entry_wins(links: str, url: str) -> None:
    found = read_item(atom(f"<entry><title>Pegel</title>{links}</entry>", 'xml:lang="de"'))
    assert found.url == f"https://bote.example{url}"


@pytest.mark.parametrize(("fields", "url", "guid"), LINKS.values(), ids=LINKS)
def test_links(fields: str, url: str, guid: str | None) -> None:
    found = read_item(rss(f"<item>{fields}</item>", DECLARATIONS))
    assert (found.url, found.guid) == (url, guid or url)


def test_feedburner_names_the_article_beside_its_redirector() -> None:
    links = f"<link>https://proxy.example/~r/1</link><feedburner:origLink>{PAGE}</feedburner:origLink>"
    found = read_item(rss(f"<item>{links}<guid isPermaLink='false'>g</guid></item>", DECLARATIONS))
    assert (found.url, found.redirector_url) == (PAGE, "https://proxy.example/~r/1")
    assert read_item(RDF).redirector_url is None


def test_rdf_about_is_the_guid_and_may_be_the_link() -> None:
    assert read_item(RDF).guid == "https://bote.example/pegel"
    assert read_item(RDF.replace("<link>https://bote.example/pegel</link>", "")).url == "https://bote.example/pegel"


def test_xml_base_adds_up_from_the_root_to_the_link() -> None:
    entry_ = '<entry xml:base="b/"><link href="1"/><link rel="enclosure" href="x.mp3"/></entry>'
    found = read_item(atom(entry_, 'xml:base="https://bote.example/a/"'))
    assert (found.url, found.enclosures[0].url) == ("https://bote.example/a/b/1", "https://bote.example/a/b/x.mp3")


def test_a_relative_xml_base_is_one_within_that_of_the_root() -> None:
    entry_ = '<entry xml:base="b/"><link href="1"/><summary type="html">&lt;a href="2"&gt;2&lt;/a&gt;</summary></entry>'
    found = read_item(atom(entry_, 'xml:base="../a/"'))
    assert found.url == "https://bote.example/a/b/1"
    assert found.summary == '<a href="https://bote.example/a/b/2">2</a>'


@pytest.mark.parametrize("is_first", [True, False])
def test_texts_of_other_vocabularies_count_only_without_own_ones(is_first: bool) -> None:
    others = (
        "<media:content url='/1.jpg'><media:title>Bild</media:title><media:description type='plain'>Der Hafen"
        "</media:description></media:content><dc:title xmlns:dc='http://purl.org/dc/elements/1.1/'>Hafen</dc:title>"
    )
    own = "<title>Pegel</title><description>Das Wasser</description>"
    found = read_item(rss(item(others + own if is_first else own + others), DECLARATIONS))
    assert (found.title, found.summary, found.content) == ("Pegel", "Das Wasser", None)
    for empty in ("", "<title></title>"):
        alone = read_item(rss(item(empty + others), DECLARATIONS))
        assert (alone.title, alone.summary) == ("Bild", "Der Hafen")


def test_links_are_relative_to_the_page_of_the_feed_if_its_address_is_unknown() -> None:
    (_, second) = read(RSS, url="").items
    assert second.url == "https://bote.example/wahl"


NO_PAGES = [
    "", "<link></link>", "<guid>p-1</guid>", "<guid isPermaLink='true'>p-1</guid>",
    "<guid isPermaLink='false'>/1</guid>", "<enclosure url='/1.jpg'/>", "<enclosure url='/1' type='image/webp'/>",
    "<link>/1.jpg</link>", "<guid>https://bote.example/1.png</guid>",
    "<enclosure url='/?id=1'/>", "<link rel='enclosure' href='/picture/1'/>",
    "<link>mailto:redaktion@bote.example</link>",
    "<link>javascript:alert(1)</link>", "<link>http://</link>", "<link>https:</link>", "<link>http://[::1</link>",
    "<link>#oben</link>", "<link>https://./</link>", "<link>file:///etc/passwd</link>",
    f"<link>https://a.example/{'x' * 5000}</link>",
]  # fmt: skip


@pytest.mark.parametrize("fields", NO_PAGES, ids=lambda fields: fields[:40])
def test_an_item_without_a_page_is_counted(fields: str) -> None:
    feed = read(rss(f"<item><title>Pegel</title>{fields}</item>" + A))
    assert [found.title for found in feed.items] == ["a"]
    assert (feed.dropped, feed.warnings) == (1, ("item_without_link",))


def test_a_guid_of_several_pages_is_replaced_by_their_addresses() -> None:
    feed = read(rss("".join(f"<item><guid>g</guid><link>/{no}</link></item>" for no in (1, 2, 2))))
    assert [found.guid for found in feed.items] == ["https://bote.example/1", "https://bote.example/2"]
    assert feed.warnings == ("guid_reused", "repeated_items")
    assert (feed.repeats, feed.dropped) == (("https://bote.example/2",), 0)


def test_a_repeated_item_counts_once() -> None:
    feed = read(rss(A + B + A))
    assert (len(feed.items), feed.dropped) == (2, 0)
    assert (feed.repeats, feed.warnings) == (("https://bote.example/a",), ("repeated_items",))


def test_entries_of_a_live_ticker_are_items_of_one_article() -> None:
    feed = read(rss("".join(f"<item><title>{no}</title><link>/ticker#{no}</link></item>" for no in (1, 2))))
    assert [found.guid for found in feed.items] == [f"https://bote.example/ticker#{no}" for no in (1, 2)]
    assert {found.canonical_url for found in feed.items} == {"https://bote.example/ticker"}


# Titles

TITLES = {
    "Pegel fällt\n\t &#x09; um zwei\n Meter": "Pegel fällt um zwei Meter",
    "<![CDATA[\n  Pegel\n\tfällt\n]]>": "Pegel fällt",
    "<![CDATA[<![CDATA[Pegel fällt]]>]]>": "Pegel fällt",
    "Pegel fällt": "Pegel fällt",
    "\ufeffHafen&#173;meister\u200b &amp;shy;warnt": "Hafenmeister warnt",
    "AT&amp;T gewinnt": "AT&T gewinnt",
    "Fisch &amp;amp; Brot": "Fisch & Brot",
    "Fisch &amp;amp;amp; Brot": "Fisch & Brot",
    "&amp;#8222;Wir&amp;#8220; und &amp;uuml;ber": "„Wir“ und über",
    "&lt;b&gt;Eil:&lt;/b&gt; Pegel": "Eil: Pegel",
    "&amp;lt;b&amp;gt;Eil:&amp;lt;/b&amp;gt; Pegel": "Eil: Pegel",
    "<![CDATA[<em>Pegel</em> &amp; Wahl]]>": "Pegel & Wahl",
    "<![CDATA[Pegel<br/>Wahl]]>": "Pegel Wahl",
    "<b>Pegel</b> fällt": "Pegel fällt",
    "&lt;script&gt;alert(1)&lt;/script&gt;Pegel": "Pegel",
    "&lt;img src='x' onerror='y'&gt;Pegel": "Pegel",
    "Pegel &lt;!-- 1 - 2 --&gt;fällt": "Pegel fällt",
    "Note &lt; 2, Schnitt &gt; 1": "Note < 2, Schnitt > 1",
    "&lt;Titel folgt&gt;": "<Titel folgt>",
    "Wozu dient &amp;lt;blink&amp;gt; heute?": "Wozu dient <blink> heute?",
    "Q&amp;A: Kunst&amp;Reg": "Q&A: Kunst&Reg",
}


@pytest.mark.parametrize(("title", "text"), TITLES.items())
def test_titles_are_plain_text(title: str, text: str) -> None:
    assert read_item(rss(item(f"<title>{title}</title>"))).title == text


def test_an_xhtml_title_and_the_title_of_a_picture() -> None:
    xhtml = '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Pegel <em>fällt</em></div></title>'
    assert read_item(atom(entry(xhtml))).title == "Pegel fällt"
    with_picture = "<media:content url='/a.jpg'><media:title>Foto</media:title></media:content><title>Pegel</title>"
    assert read_item(rss(item(with_picture), DECLARATIONS)).title == "Pegel"


# Dates

DATES = {
    "two dates": (
        "<pubDate>2026-03-02T07:15:00Z</pubDate><atom:updated>2026-03-02T09:00:00Z</atom:updated>",
        ("2026-03-02T07:15:00Z", "exact", "07:15", "09:00"), (),
    ),
    "only an update": (
        "<atom:updated>2026-03-02T09:00:00Z</atom:updated>", ("2026-03-02T09:00:00Z", "exact", "09:00", None), (),
    ),
    "no zone": ("<pubDate>02.03.2026 08:15</pubDate>", ("02.03.2026 08:15", "no_zone", "07:15", None), ()),
    "only a day": ("<pubDate>Mo, 2 Mär 2026</pubDate>", ("Mo, 2 Mär 2026", "day_only", "23:00", None), ()),
    "no date": ("<pubDate>gestern</pubDate>", ("gestern", "unreadable", None, None), ("bad_date",)),
    "tomorrow": (
        "<pubDate>2026-03-11T09:00:00Z</pubDate>", ("2026-03-11T09:00:00Z", "future", None, None), ("future_date",),
    ),
    "updated tomorrow": (
        "<pubDate>2026-03-02T07:15:00Z</pubDate><atom:updated>2026-03-11T09:00:00Z</atom:updated>",
        ("2026-03-02T07:15:00Z", "exact", "07:15", None), ("future_date",),
    ),
    "none": ("", (None, None, None, None), ()),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "expected", "warnings"), DATES.values(), ids=DATES)
def test_dates(fields: str, expected: tuple[str | None, ...], warnings: tuple[str, ...]) -> None:
    feed = read(rss(item(fields), DECLARATIONS))
    (found,) = feed.items
    times = [moment and f"{moment:%H:%M}" for moment in (found.published_at, found.updated_at)]
    assert (found.published_raw, found.published_quality, *times) == expected
    assert feed.warnings == warnings
