"""Feeds as they come: every item with a link is read, what was wrong is said."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.feeds import Feed, NotAFeed, parse_date, parse_feed

BERLIN = ZoneInfo("Europe/Berlin")
URL = "https://bote.example/feed.xml"

RSS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Bote</title><link>https://bote.example/</link>
<item><title>Pegel fällt</title><link>https://bote.example/pegel?utm_source=rss</link><guid>p-1</guid>
<pubDate>Mon, 02 Mar 2026 08:15:00 +0100</pubDate><description>Das Wasser geht zurück.</description></item>
<item><title>Wahl</title><link>/wahl</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Bote</title><id>x</id><updated>2026-03-02T09:00:00Z</updated>
<entry><title>Pegel</title><id>tag:bote,1</id><link href="https://bote.example/pegel"/><published>2026-03-02T07:15:00Z</published>
<updated>2026-03-02T09:00:00Z</updated></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Bote</title><link>https://bote.example/</link></channel>
<item rdf:about="https://bote.example/pegel"><title>Pegel</title><link>https://bote.example/pegel</link>
<dc:date>2026-03-02T08:15:00+01:00</dc:date></item></rdf:RDF>"""


def read(text: str | bytes, content_type: str | None = "application/rss+xml") -> Feed:
    body = text.encode() if isinstance(text, str) else text
    return parse_feed(body, url=URL, content_type=content_type, zone=BERLIN)


def test_an_rss_item_as_the_feed_gave_it() -> None:
    first, second = read(RSS).items
    assert (first.title, first.guid, first.summary) == (
        "Pegel fällt",
        "https://bote.example/p-1",
        "Das Wasser geht zurück.",
    )
    assert first.url == "https://bote.example/pegel?utm_source=rss"
    assert first.canonical_url == "https://bote.example/pegel"
    assert first.published_at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)
    assert first.published_raw == "Mon, 02 Mar 2026 08:15:00 +0100"
    assert (second.url, second.guid, second.published_at) == (
        "https://bote.example/wahl",
        "https://bote.example/wahl",
        None,
    )


@pytest.mark.parametrize("text", [ATOM, RDF])
def test_atom_and_rdf(text: str) -> None:
    feed = read(text)
    (item,) = feed.items
    assert feed.warnings == ()
    assert (item.title, item.url) == ("Pegel", "https://bote.example/pegel")
    assert item.published_at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)


def test_an_update_is_another_saying_of_the_same_item() -> None:
    (before,), (after,) = (
        read(ATOM).items,
        read(ATOM.replace("T09:00:00Z</updated></entry>", "T10:00:00Z</updated></entry>")).items,
    )
    assert before.guid == after.guid
    assert before.said_digest != after.said_digest
    assert before.said_digest == read(ATOM).items[0].said_digest


def test_broken_xml_keeps_its_items() -> None:
    feed = read(RSS.replace("Das Wasser geht zurück.", "Fisch & Brot <b>ohne Ende"))
    assert [item.url for item in feed.items] == [
        "https://bote.example/pegel?utm_source=rss",
        "https://bote.example/wahl",
    ]
    assert "broken_xml" in feed.warnings


def test_a_wrongly_declared_charset_is_read_and_said() -> None:
    feed = read(RSS.encode("iso-8859-1"), "application/rss+xml; charset=utf-8")
    assert feed.items[0].title == "Pegel fällt"
    assert feed.warnings == ("wrong_charset",)


def test_an_item_without_link_is_said_and_the_others_stay() -> None:
    feed = read(RSS.replace("<link>/wahl</link>", ""))
    assert len(feed.items) == 1
    assert feed.warnings == ("item_without_link",)


def test_a_date_that_is_none_is_kept_raw() -> None:
    feed = read(RSS.replace("Mon, 02 Mar 2026 08:15:00 +0100", "gestern Abend"))
    assert feed.items[0].published_at is None
    assert feed.items[0].published_raw == "gestern Abend"
    assert feed.warnings == ("bad_date",)


@pytest.mark.parametrize(
    "body", [b"", b"<html><body><p>Moved</p></body></html>", b"%PDF-1.4", b"{}", bytes(range(256))]
)
def test_what_is_no_feed_is_said(body: bytes) -> None:
    with pytest.raises(NotAFeed, match=URL):
        read(body, "text/html")


DATES = {
    "Mon, 02 Mar 2026 08:15:00 GMT": datetime(2026, 3, 2, 8, 15, tzinfo=UTC),
    "Mon, 02 Mar 2026 08:15:00 EST": datetime(2026, 3, 2, 13, 15, tzinfo=UTC),
    "Mo, 02 Mär 2026 08:15": datetime(2026, 3, 2, 7, 15, tzinfo=UTC),
    "Mo, 25 Jun 2018": datetime(2018, 6, 24, 22, 0, tzinfo=UTC),
    "Di., 3. März 2026, 09:00 MEZ": datetime(2026, 3, 3, 8, 0, tzinfo=UTC),
    "Dienstag, 7. Juli 2026, 9:05 Uhr": datetime(2026, 7, 7, 7, 5, tzinfo=UTC),
    "02.03.2026 08:15 Uhr": datetime(2026, 3, 2, 7, 15, tzinfo=UTC),
    "2026-03-02T08:15:00+01:00": datetime(2026, 3, 2, 7, 15, tzinfo=UTC),
    "2026-03-02T07:15:00Z": datetime(2026, 3, 2, 7, 15, tzinfo=UTC),
    "5 December 2025 10:00 CET": datetime(2025, 12, 5, 9, 0, tzinfo=UTC),
}


@pytest.mark.parametrize(("raw", "moment"), DATES.items())
def test_dates(raw: str, moment: datetime) -> None:
    assert parse_date(raw, BERLIN) == moment


@pytest.mark.parametrize("raw", ["", "13", "08:15", "gestern", "March", "Mo", "99.99.9999", "2026"])
def test_half_a_date_is_none_and_never_filled_up_from_today(raw: str) -> None:
    assert parse_date(raw, BERLIN) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_date_parser(raw: str) -> None:
    parsed = parse_date(raw, BERLIN)
    assert parsed is None or parsed.tzinfo is UTC
