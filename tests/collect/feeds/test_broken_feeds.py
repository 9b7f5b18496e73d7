"""Broken, mislabelled and hostile feeds, and other files: readable items are read, defects are reported."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline.collect.feeds import NotAFeed
from pipeline.workers import Bounds, Lost, parallel_map
from tests.collect.feeds.sample_feeds import PLAIN, RSS, URL, A, B, C, item, read, read_item, rss

# Broken markup

BROKEN = {
    "a bare ampersand": (rss(A.replace("<title>a", "<title>Fisch & Brot").replace("/a<", "/a?x=1&y=2<") + B), "ab"),
    "an undeclared entity": (rss(A.replace("<title>a", "<title>a&nbsp;&uuml;") + B), "ab"),
    "an unclosed tag": (rss(A.replace("</item>", "<description>Fisch <b>ohne Ende</description></item>") + B), "ab"),
    "a stray end tag": (rss(A.replace("</item>", "<description>Fisch</p></description></item>") + B), "ab"),
    "an unclosed item": (rss(A.replace("</item>", "") + B), "ab"),
    "an unclosed title": (rss(A + B.replace("</title>", "") + C), "abc"),
    "an unclosed title at the end of an item": (rss(f"<item>{A[A.index('<link'):-7]}<title>a</item>" + B + C), "abc"),
    "an unclosed text in CDATA": (rss(A + B.replace("<link>", "<description><![CDATA[b]]><link>") + C), "abc"),
    "an unclosed CDATA section": (rss(A + B.replace("<title>b", "<title><![CDATA[b") + C), "abc"),
    "a CDATA section that ends in the next item": (
        rss(A + B.replace("<title>b", "<title><![CDATA[b") + C.replace("<title>c", "<title><![CDATA[c]]>")), "abc",
    ),
    "a smaller-than": (rss(A.replace("<title>a", "<title>a 5 < 6") + B), "ab"),
    "a control character": (rss(A.replace("<title>a", "<title>a\x0b\x00") + B), "ab"),
    "a reference to one": (rss(A.replace("<title>a", "<title>a&#8;") + B), "ab"),
    "an undeclared prefix": (rss(A.replace("</item>", "<media:content url='/a.jpg'/></item>") + B), "ab"),
    "attributes without quotes": (rss(A.replace("<item>", "<item id=5 checked>") + B), "ab"),
    "an attribute twice": (rss(A.replace("<item>", "<item id='5' id='6'>") + B), "ab"),
    "nested CDATA": (rss(A.replace("<title>a", "<title><![CDATA[a <![CDATA[x]]> y]]>") + B), "ab"),
    "tags in two cases": (rss("<Item><Title>a</title><LINK>https://bote.example/a</Link></item>" + B), "ab"),
    "text behind the end": (rss(A + B) + "<script>track()</script> & more", "ab"),
    "complaints before the start": ("<br />\n<b>Warning</b>: no such index" + rss(A + B), "ab"),
    "cut in an item's text": (rss(A + B + C)[:-60], "ab"),
    "cut in a tag": (rss(A + B).partition("b</link>")[0] + "b</li", "a"),
    "cut in a link, which is another page's then": (rss(A + B).partition("/b</link>")[0], "a"),
    "cut in a comment": (rss(A + B).partition("</channel>")[0] + "<!-- </channel>", "ab"),
    "an element in an element, for ever": (rss(A + PLAIN.format("b" + "<i>" * 10_000, "b") + C), "abc"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "pages"), BROKEN.values(), ids=BROKEN)
def test_broken_xml_keeps_its_items(body: str, pages: str) -> None:
    feed = read(body)
    assert [found.canonical_url.partition("?")[0] for found in feed.items] == [
        f"https://bote.example/{no}" for no in pages
    ]
    assert "broken_xml" in feed.warnings


MENDED_TITLES = {
    "<title>Rat & Tat&nbsp;&AMP</title>": "Rat & Tat &AMP",
    "<title><![CDATA[Rat & Tat &amp; Co]]></title>": "Rat & Tat & Co",
    "<title>Fisch & Brot</title>": "Fisch & Brot",
    "<title>AT&T&mdash;gewinnt</title>": "AT&T—gewinnt",
    "<title>5 < 6 &amp; 7 > 6</title>": "5 < 6 & 7 > 6",
    "<title>Gr&ouml;&szlig;e &unbekannt;</title>": "Größe &unbekannt;",
    "<title>Das <b>Beste</title>": "Das Beste",
    "<title><![CDATA[a <![CDATA[b]]> c]]></title>": "a <![CDATA[b c]]>",
}


@pytest.mark.parametrize(("title", "text"), MENDED_TITLES.items())
def test_broken_text_is_read_as_it_was_meant(title: str, text: str) -> None:
    assert read_item(rss(item(title + "<broken>"))).title == text


SOUND_ODDITIES = {
    "mixed-case tags": ("<RSS version='2.0'><Channel>" + A.replace("item", "Item") + "</Channel></RSS>", "a"),
    "no channel": ("<rss>" + A + "</rss>", "a"),
    "a channel alone": ("<channel>" + A + "</channel>", "a"),
    "a root of its own": ("<news>" + A + "</news>", "a"),
    "blank lines first": ("\n\n  " + rss(A), "a"),
    "comments and instructions first": ("<?xml version='1.0'?><!-- <a> --><?x <b> ?>" + rss(A).partition("?>")[2], "a"),
    "a DTD": ("<!DOCTYPE rss [<!ENTITY x 'y'> <!-- ]> --> ]>" + rss(A).partition("?>")[2], "a"),
    "a foreign default namespace": (rss(A).replace("<rss ", "<rss xmlns='http://example.org/ns' "), "a"),
    "an entry in RSS": (rss("<entry><title>a</title><link href='https://bote.example/a'/></entry>"), "a"),
    "no items": (rss(""), ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "pages"), SOUND_ODDITIES.values(), ids=SOUND_ODDITIES)
def test_odd_but_valid_feeds_are_read(body: str, pages: str) -> None:
    feed = read(body)
    assert [found.url for found in feed.items] == [f"https://bote.example/{no}" for no in pages]
    assert feed.warnings == ()


# Charsets

UNDECLARED = RSS.partition("?>")[2]
CHARSETS = {
    "utf-8": (RSS.encode(), None, ()),
    "utf-8 undeclared": (UNDECLARED.encode(), "text/xml", ()),
    "utf-8 with a mark": (RSS.encode("utf-8-sig"), None, ()),
    "utf-8 declared as latin-1": (RSS.replace("UTF-8", "ISO-8859-1").encode(), None, ("wrong_charset",)),
    "utf-8 with a mark, declared as latin-1": (
        RSS.replace("UTF-8", "ISO-8859-1").encode("utf-8-sig"), None, ("wrong_charset",)
    ),
    "latin-1": (RSS.replace("UTF-8", "ISO-8859-1").encode("latin-1"), None, ()),
    "latin-1 served as utf-8": (
        RSS.replace("UTF-8", "ISO-8859-1").encode("latin-1"), "text/xml; charset=utf-8", ("wrong_charset",)
    ),
    "latin-1 declared by the server": (UNDECLARED.encode("latin-1"), 'text/xml; charset="iso-8859-1"', ()),
    "latin-1 declared as utf-8": (RSS.encode("latin-1"), "text/xml; charset=utf-8", ("wrong_charset",)),
    "latin-1 undeclared": (UNDECLARED.encode("latin-1"), None, ("wrong_charset",)),
    "windows-1252 declared as latin-1": (
        RSS.replace("UTF-8", "ISO-8859-1").replace("Das ", "„Das“ ").encode("cp1252"), None, ()
    ),
    "one latin-1 letter in utf-8": (
        RSS.encode().replace("zurück".encode(), b"zur\xfcck"), None, ("wrong_charset",)
    ),
    "utf-16 with a mark": (RSS.replace("UTF-8", "UTF-16").encode("utf-16"), None, ()),
    "utf-16 with a mark, declared as utf-8": (RSS.encode("utf-16"), None, ("wrong_charset",)),
    "utf-16 without a mark": (RSS.replace("UTF-8", "UTF-16").encode("utf-16-be"), None, ()),
    "utf-32 with a mark": (UNDECLARED.encode("utf-32"), None, ()),
    "an unknown charset": (RSS.replace("UTF-8", "x-klingon").encode(), None, ()),
    "a codec that is no charset": (RSS.replace("UTF-8", "punycode").encode(), "text/xml; charset=zlib", ()),
    "iso-8859-15": (RSS.replace("UTF-8", "ISO-8859-15").encode("iso-8859-15"), None, ()),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type", "warnings"), CHARSETS.values(), ids=CHARSETS)
def test_charsets(body: bytes, content_type: str | None, warnings: tuple[str, ...]) -> None:
    feed = read(body, content_type)
    assert feed.items[0].title == "Pegel fällt"
    assert feed.items[0].summary in {"Das Wasser geht zurück.", "„Das“ Wasser geht zurück."}
    assert feed.warnings == warnings


def test_text_that_was_encoded_twice_is_corrected() -> None:
    assert read_item(rss(item("<title>Pegel fÃ¤llt</title>"))).title == "Pegel fällt"


def test_a_gzip_file_is_unpacked() -> None:
    assert read(gzip.compress(RSS.encode()), "application/x-gzip").items == read(RSS).items


def test_a_content_type_of_another_format_is_a_warning() -> None:
    assert read(RSS, "text/html; charset=utf-8").warnings == ("wrong_content_type",)


# Other files, and hostile ones

NOT_FEEDS = {
    "nothing": (b"", "empty"),
    "blanks": (b" \n ", "empty"),
    "a page": (b"<!DOCTYPE html><html><body><p>Moved</p></body></html>", "an HTML page"),
    "a broken page": (b"<html><head><meta><p>5 < 6 & more", "an HTML page"),
    "an OPML list": (b"<opml version='2.0'><body/></opml>", "an OPML list"),
    "another document": (b"<invoice><total/></invoice>", "<invoice> without an entry"),
    "a start tag cut off": (b"<rss version='2.0", "broken XML"),
    "a PDF": (b"%PDF-1.4", "no markup"),
    "JSON": (b"{}", "JSON without items"),
    "bytes": (bytes(range(256)), "no markup"),
    "a path": (b"/etc/passwd", "no markup"),
    "an address": (b"http://127.0.0.1:9/feed.xml", "no markup"),
    "broken gzip": (b"\x1f\x8b\x08\x00", "gzip: broken gzip body"),
    "a gzip bomb": (gzip.compress(bytes(54_000_000)), "gzip: more than 53000000 bytes when decoded"),
    "too much": (b" " * 53_000_001, "more than 53000000 bytes"),
}


@pytest.mark.parametrize(("body", "reason"), NOT_FEEDS.values(), ids=NOT_FEEDS)
def test_the_error_says_why_it_is_not_a_feed(body: bytes, reason: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        read(body, "text/html")
    assert str(caught.value).startswith(f"{URL}: not a feed: {reason}")


def test_entities_are_never_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    dtd = f"""<!DOCTYPE rss [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY % more SYSTEM "{secret.as_uri()}">%more;
    <!ENTITY one "ha"><!ENTITY two "&one;&one;&one;&one;"><!ENTITY page SYSTEM "http://127.0.0.1:9/">]>"""
    feed = read(dtd + rss(item("<title>&file; &two; &page; &more;</title>")).partition("?>")[2])
    assert feed.items[0].title == "&file; &two; &page; &more;"
    assert feed.warnings == ("broken_xml",)


ENDLESS = {
    "blank lines": "\n" * 1_000_000 + rss(A),
    "an XML declaration": "<?xml " + 'encoding="' * 100_000 + "?>" + rss(A).partition("?>")[2],
    "an attribute": rss(A.replace("<item>", f"<item x='{'a' * 11_000_000}'>")),
    "a text": rss(A.replace("</item>", f"<x>{'a' * 11_000_000}</x></item>")),
    "namespaces": rss(A.replace("<item>", "<item " + " ".join(f"xmlns:a{no}='x'" for no in range(50_000)) + ">")),
    "a style": rss(A.replace("</item>", f"<description>&lt;p style='{'a' * 60_000}'&gt;</description></item>")),
    "a number": rss(A.replace("</item>", f"<description>&amp;#{'9' * 10_000};</description></item>")),
    "a comment in HTML": rss(A.replace("</item>", f"<description>&lt;!{'--' * 30_000}</description></item>")),
    "ampersands": rss(A.replace("<title>a", "<title>a" + "&" * 500_000)),
    "smaller-thans": rss(A.replace("</item>", "<x>" + "<" * 500_000 + "</x></item>")),
    "comments that do not end": rss(A) + "&" + "<!-- " * 200_000,
    "CDATA that does not end": rss(A + "<x>&" + "<![CDATA[ " * 100_000),
    "quotes": rss(A + "<x " + "\"'" * 300_000 + '<x "' * 100_000),
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_endless_constructs_are_read_in_linear_time(body: str) -> None:
    """A reader that takes quadratic time needs minutes for each of these."""
    assert [found.url for found in read(body).items] == ["https://bote.example/a"]


SLOW = {
    "an author": "<author>" + "a" * 1_000_000 + "</author>",
    "categories": "".join(f"<category>{no}</category>" for no in range(100_000)),
    "attributes": "<x " + " ".join(f"a{no}='x'" for no in range(100_000)) + "/>",
}


@pytest.mark.slow
def test_what_takes_feedparser_minutes_is_given_up() -> None:
    """A worker process bounds the time; `tests/steps/test_hostile_feeds.py` tests the outcome of the poll."""
    bodies = [rss(item(field)) for field in SLOW.values()]
    results = list(parallel_map(read, bodies, jobs=2, bounds=Bounds(seconds=1)))
    assert [result.reason if isinstance(result, Lost) else result for result in results] == ["timeout"] * len(SLOW)


def test_items_beyond_the_maximum_are_dropped() -> None:
    feed = read(rss("".join(PLAIN.format(no, no) for no in range(25_000))))
    assert (len(feed.items), feed.dropped, feed.warnings) == (10_000, 15_000, ("too_many_items",))
    assert feed.items[-1].title == "9999"
