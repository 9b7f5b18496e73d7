"""The feeds and sitemaps of the sample newsroom, with the faults that real ones have."""

from __future__ import annotations

import re

import feedparser
import pytest
from lxml import etree

from tests.demo.reader import ARTICLES, OUTLETS, Reader, path_of, paths, titles


class TestFeeds:
    def test_all_three_vocabularies_are_there(self, reader: Reader) -> None:
        reader.clock.set(2, "12:00")
        versions = {reader.feed(outlet.id, feed.path).version for outlet in OUTLETS.values() for feed in outlet.feeds}
        assert versions == {"rss20", "atom10", "rss10"}

    @pytest.mark.parametrize("day", [1, 2, 3, 4])
    def test_feeds_without_intended_flaw_are_well_formed(self, reader: Reader, day: int) -> None:
        reader.clock.set(day, "21:00")
        for outlet, path in [
            ("holmbote", "/feed/aktuell.rss"), ("holmbote", "/feed/politik.rss"), ("holmbote", "/feed/region.rss"),
            ("hierheute", "/atom/nachrichten.xml"), ("leitblatt", "/schlagzeilen.rdf"),
            ("harbourpost", "/feeds/world.xml"), ("meridian", "/feed.atom"),
        ]:  # fmt: skip
            feed = reader.feed(outlet, path)
            assert not feed.bozo
            assert feed.entries

    @pytest.mark.parametrize("day", [1, 2, 3, 4])
    def test_one_feed_is_broken_in_the_middle_with_intact_items_around(self, reader: Reader, day: int) -> None:
        reader.clock.set(day, "21:50", "Europe/London")
        body = reader.get("harbourpost", "/feeds/news.xml").body
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(body)
        assert feedparser.parse(body).bozo
        items = re.findall(rb"<item>.*?</item>", body, re.DOTALL)
        broken = [place for place, item in enumerate(items) if b"Arts & Culture<br>" in item]
        assert len(broken) == 1
        assert 0 < broken[0] < len(items) - 1
        for place, item in enumerate(items):
            if place not in broken:
                etree.fromstring(item.replace(b"dc:creator", b"creator"))
        assert len(reader.feed("harbourpost", "/feeds/news.xml").entries) == len(items)

    def test_one_feed_declares_utf_8_and_sends_iso_8859_1(self, reader: Reader) -> None:
        reader.clock.set(2, "12:00")
        answer = reader.get("leitblatt", "/rss/wirtschaft-und-wissen.xml")
        assert 'encoding="UTF-8"' in answer.body[:60].decode("ascii")
        assert answer.headers["Content-Type"].endswith("charset=utf-8")
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode("utf-8")
        assert "Häfen" in answer.body.decode("iso-8859-1") or "überholt" in answer.body.decode("iso-8859-1")
        feed = reader.feed("leitblatt", "/rss/wirtschaft-und-wissen.xml")
        assert feed.bozo
        assert "Wiekstadt überholt die großen Nachbarn" in titles(feed)

    def test_one_feed_has_german_dates_and_undated_items(self, reader: Reader) -> None:
        dates = {}
        for day in (1, 2, 3, 4):
            reader.clock.set(day, "23:00")
            for entry in reader.feed("holmbote", "/feed/region.rss").entries:
                assert entry.get("published_parsed") is None
                dates[entry.title] = entry.get("published", "")
        assert dates == {
            "Altenruhn räumt die Unterstadt": "Mo, 02 Mär 2026 06:50",
            "Ein Kaperbrief aus dem Keller": "",
            "Deich bei Brückfeld gebrochen: 3400 Menschen in Sicherheit gebracht": "03.03.2026 07:05",
            "Wiekstadt wirft den Favoriten aus dem Pokal": "Di., 3. März 2026, 22:10 Uhr",
            "Der Deich, von dem alle wussten": "Mi, 04 Mär 2026 11:15",
            "Soforthilfe: Was Betroffene jetzt wissen müssen": "",
        }

    def test_items_fall_out_of_a_feed_after_a_day_and_a_half(self, reader: Reader) -> None:
        path = path_of(ARTICLES["hierheute", "nordseegipfel-auftakt-port-ellery"])
        listed = {}
        for day, wall_time in [(1, "10:14"), (1, "10:15"), (2, "22:14"), (2, "22:15")]:
            reader.clock.set(day, wall_time)
            listed[day, wall_time] = path in paths(reader.feed("hierheute", "/atom/nachrichten.xml"))
        assert list(listed.values()) == [False, True, True, False]

    def test_day_one_and_day_four_have_no_item_in_common(self, reader: Reader) -> None:
        for outlet in OUTLETS.values():
            days = []
            for day in (1, 4):
                reader.clock.set(day, "22:00")
                days.append({path for feed in outlet.feeds for path in paths(reader.feed(outlet.id, feed.path))})
            assert days[0]
            assert days[1]
            assert not days[0] & days[1]

    def test_the_same_article_is_in_two_feeds_under_two_addresses(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        (wide,) = [
            entry.link for entry in reader.feed("holmbote", "/feed/aktuell.rss").entries if "ahlers" in entry.link
        ]
        (narrow,) = [entry.link for entry in reader.feed("holmbote", "/feed/politik.rss").entries]
        assert wide != narrow
        assert "utm_source=rss" in wide
        assert "utm_source=rss" in narrow
        answers = [reader.get("holmbote", url.partition(f":{reader.newsroom.port}")[2]) for url in (wide, narrow)]
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].body == answers[1].body

    def test_the_newest_article_is_in_one_feed_twice(self, reader: Reader) -> None:
        reader.clock.set(2, "12:00")
        first, second, *_ = reader.feed("meridian", "/feed.atom").entries
        assert second.link == f"{first.link}?at_medium=atom&at_campaign=push"
        assert first.id != second.id
        path = second.link.partition(f":{reader.newsroom.port}")[2]
        assert reader.get("meridian", path).status == 200
