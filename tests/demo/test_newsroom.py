"""What the sample newsroom promises to the demo and to the other tests."""

from __future__ import annotations

import socket
import tomllib
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from lxml import etree

from pipeline.demo.articles import (
    Form,
)
from pipeline.demo.newsroom import Newsroom
from pipeline.demo.outlets import Outlet
from tests.demo.reader import ARTICLES, LIVEBLOG, OUTLETS, Clock, Reader, path_of, paths, select, squeeze, titles


class TestChanges:
    def test_a_headline_changes_on_the_page_and_in_the_feed(self, reader: Reader) -> None:
        old, new = (
            "Ashdown ringt um Einigung bei den Kosten",
            "Nach langer Nacht: Gipfel steht vor Einigung bei den Kosten",
        )
        reader.clock.set(2, "20:00")
        before = reader.feed("hierheute", "/atom/nachrichten.xml")
        assert old in titles(before)
        assert old in reader.page("hierheute", "nordseegipfel-streit-um-kosten").xpath("string((//main//h2)[1])")
        reader.clock.set(3, "20:00")
        after = reader.feed("hierheute", "/atom/nachrichten.xml")
        assert new in titles(after)
        assert old not in titles(after)
        assert new in reader.page("hierheute", "nordseegipfel-streit-um-kosten").xpath("string((//main//h2)[1])")
        (entry,) = [entry for entry in after.entries if entry.title == new]
        assert (entry.published, entry.updated) == ("2026-03-03T11:40:00+01:00", "2026-03-04T07:10:00+01:00")

    @pytest.mark.parametrize(
        ("outlet", "slug", "notice"),
        [
            ("holmbote", "sondierung-freie-mitte-gruenes-forum", "In einer früheren Version dieses Artikels"),
            ("harbourpost", "fishermen-league-cable-route-protest", "This article was amended on 4 March 2026."),
        ],
    )
    def test_a_correction_notice_is_added(self, reader: Reader, outlet: str, slug: str, notice: str) -> None:
        feed = OUTLETS[outlet].feeds[0].path
        reader.clock.set(2, "20:00")
        (before,) = [entry for entry in reader.feed(outlet, feed).entries if slug in entry.link]
        assert notice not in reader.page(outlet, slug).text_content()
        reader.clock.set(3, "20:00")
        (after,) = [entry for entry in reader.feed(outlet, feed).entries if slug in entry.link]
        assert notice in reader.page(outlet, slug).text_content()
        assert before.summary != after.summary
        assert before.id == after.id

    def test_one_change_is_a_single_comma(self, reader: Reader) -> None:
        texts, updates = [], []
        for day in (1, 2):
            reader.clock.set(day, "20:00")
            tree = reader.page("leitblatt", "holmland-wahl-kommentar")
            texts.append(tree.xpath("string(//div[@class='lb-text'])"))
            (entry,) = [e for e in reader.feed("leitblatt", "/schlagzeilen.rdf").entries if "kommentar" in e.link]
            updates.append(entry.updated)
        assert texts[0] != texts[1]
        assert texts[0].replace(",", "") == texts[1].replace(",", "")
        assert len(texts[1]) == len(texts[0]) + 1
        assert updates == ["2026-03-02T11:20:00+01:00", "2026-03-03T07:00:00+01:00"]

    def test_changed_articles_can_be_polled_before_and_after_at_any_time_from_noon_to_11_pm(self) -> None:
        for article in ARTICLES.values():
            for version in article.versions:
                if article.form is Form.ARTICLE:
                    assert version.day == article.day + 1
                    assert article.time.hour in (11, 12)
                    assert version.time.hour < 9

    def test_the_liveblog_grows_at_the_top(self, reader: Reader) -> None:
        headings = []
        for day in (1, 2, 3):
            reader.clock.set(day, "20:00")
            tree = reader.page(*LIVEBLOG)
            headings.append(tree.xpath("//div[@data-testid='text-module']/div/h2/span/text()"))
        assert [len(entries) for entries in headings] == [4, 6, 7]
        assert headings[2][-4:] == headings[0]

    @pytest.mark.parametrize(
        ("outlet", "slug", "feed", "day", "status"),
        [
            ("meridian", "castlemoor-hospital-records-outage", "/feed.atom", 2, 404),
            ("hierheute", "vermisster-landwirt-gefunden", "/atom/nachrichten.xml", 3, 410),
        ],
    )
    def test_a_page_goes_while_a_feed_still_lists_it(
        self, reader: Reader, outlet: str, slug: str, feed: str, day: int, status: int
    ) -> None:
        path = path_of(ARTICLES[outlet, slug])
        reader.clock.set(day, "23:00")
        assert reader.get(outlet, path).status == 200
        reader.clock.set(day + 1, "12:00")
        assert reader.get(outlet, path).status == status
        assert path in paths(reader.feed(outlet, feed))
        assert path not in reader.get(outlet, "/").text


class TestCrawling:
    def test_each_outlet_has_its_own_robots_txt_that_names_its_sitemaps(self, reader: Reader) -> None:
        texts = {outlet: reader.get(outlet, "/robots.txt").text for outlet in OUTLETS}
        assert len(set(texts.values())) == len(OUTLETS)
        for outlet, text in texts.items():
            assert f"Sitemap: http://{outlet}.localhost:{reader.newsroom.port}/sitemap.xml" in text.splitlines()

    def test_a_page_that_robots_txt_forbids_is_in_a_feed(self, reader: Reader) -> None:
        reader.clock.set(3, "12:00")
        path = path_of(ARTICLES["harbourpost", "grid-briefing-members"])
        assert "Disallow: /members/" in reader.get("harbourpost", "/robots.txt").text.splitlines()
        assert path.startswith("/members/")
        assert path in paths(reader.feed("harbourpost", "/feeds/news.xml"))
        assert reader.get("harbourpost", path).status == 200

    @pytest.mark.parametrize("outlet", OUTLETS)
    def test_sitemaps_cover_everything_published_so_far(self, reader: Reader, outlet: str) -> None:
        reader.clock.set(3, "23:59", OUTLETS[outlet].zone)
        index = etree.fromstring(reader.get(outlet, "/sitemap.xml").body)
        urls = [urlsplit(url).path for url in select(index, "//s:loc/text()")]
        assert urls == [f"/sitemaps/{date(2026, 3, day)}.xml" for day in (4, 3, 2)]
        listed = set()
        for url in urls:
            tree = etree.fromstring(reader.get(outlet, url).body)
            listed |= {urlsplit(loc).path for loc in select(tree, "//s:loc/text()")}
            assert all(map(datetime.fromisoformat, select(tree, "//s:lastmod/text()")))
        readable = {
            path_of(article)
            for article in ARTICLES.values()
            if article.outlet == outlet and article.day <= 3 and (article.gone is None or article.gone.day > 3)
        }
        assert listed == readable

    def test_lastmod_of_a_changed_article_moves(self, reader: Reader) -> None:
        reader.clock.set(3, "20:00")
        tree = etree.fromstring(reader.get("hierheute", "/sitemaps/2026-03-03.xml").body)
        path = "s:url[contains(s:loc, 'streit-um-kosten')]/s:lastmod/text()"
        assert select(tree, path) == ["2026-03-04T07:10:00+01:00"]

    def test_news_sitemaps_of_four_outlets_hold_two_days(self, reader: Reader) -> None:
        reader.clock.set(4, "12:00")
        with_news = [outlet for outlet in OUTLETS.values() if outlet.news_sitemap]
        assert len(with_news) >= 3
        for outlet in with_news:
            tree = etree.fromstring(reader.get(outlet.id, outlet.news_sitemap).body)
            dates = select(tree, "//n:publication_date/text()")
            ages = [reader.clock.now - datetime.fromisoformat(text) for text in dates]
            assert ages
            assert max(ages) < timedelta(days=2)
            assert len(select(tree, "//n:title")) == len(dates)
            assert select(tree, "//n:language/text()")[0] == outlet.language
            assert outlet.news_sitemap in reader.get(outlet.id, "/robots.txt").text


class TestServer:
    @pytest.mark.parametrize("path", ["/atom/nachrichten.xml", "/", "/sitemap.xml", "/robots.txt"])
    def test_an_unchanged_document_is_not_sent_again(self, reader: Reader, path: str) -> None:
        reader.clock.set(2, "12:00")
        first = reader.get("hierheute", path)
        by_tag = reader.get("hierheute", path, {"If-None-Match": first.headers["ETag"]})
        by_date = reader.get("hierheute", path, {"If-Modified-Since": first.headers["Last-Modified"]})
        assert (by_tag.status, by_tag.body) == (304, b"")
        assert (by_date.status, by_date.body) == (304, b"")
        assert by_tag.headers["ETag"] == first.headers["ETag"]

    def test_a_changed_page_is_sent_again(self, reader: Reader) -> None:
        path = path_of(ARTICLES["leitblatt", "holmland-wahl-kommentar"])
        reader.clock.set(1, "20:00")
        first = reader.get("leitblatt", path)
        validators = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
        assert first.headers["Last-Modified"] == "Mon, 02 Mar 2026 10:20:00 GMT"
        assert reader.get("leitblatt", path, validators).status == 304
        reader.clock.set(2, "20:00")
        assert reader.get("leitblatt", path, validators).status == 200
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert reader.get("leitblatt", path, since).status == 200

    def test_a_feed_changes_when_an_item_falls_out(self, reader: Reader) -> None:
        reader.clock.set(2, "22:14")
        first = reader.get("hierheute", "/atom/nachrichten.xml")
        reader.clock.set(2, "22:15")
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert reader.get("hierheute", "/atom/nachrichten.xml", since).status == 200

    @pytest.mark.parametrize("outlet", OUTLETS.values(), ids=lambda outlet: outlet.id)
    def test_the_same_clock_gives_the_same_bytes(self, reader: Reader, outlet: Outlet) -> None:
        reader.clock.set(3, "20:00")
        wanted = ["/", "/robots.txt", "/sitemap.xml", *(feed.path for feed in outlet.feeds)]
        wanted += [path_of(article) for article in ARTICLES.values() if article.outlet == outlet.id]
        first = [reader.get(outlet.id, path) for path in wanted]
        reader.clock.set(4, "20:00")
        reader.get(outlet.id, "/")
        reader.clock.set(3, "20:00")
        assert [reader.get(outlet.id, path) for path in wanted] == first

    def test_an_unchanged_article_keeps_its_bytes_from_day_to_day(self, reader: Reader) -> None:
        path = path_of(ARTICLES["hierheute", "nordseegipfel-auftakt-port-ellery"])
        bodies = set()
        for day in (1, 2, 3, 4):
            reader.clock.set(day, "12:00")
            bodies.add(reader.get("hierheute", path).body)
        assert len(bodies) == 1

    def test_editions_are_the_gold_of_the_pages_at_the_moment(self, reader: Reader) -> None:
        reader.clock.set(3, "20:00")
        editions = reader.newsroom.editions()
        corrected = [edition for edition in editions if edition.article.slug == "fishermen-league-cable-route-protest"]
        assert "a twelfth of the grounds" in corrected[0].article.text
        for edition in editions:
            answer = reader.get(edition.outlet.id, urlsplit(edition.url).path)
            assert answer.status == (404 if edition.is_gone(reader.clock.now) else 200)
            if answer.status == 200:
                text = squeeze(reader.page(edition.outlet.id, edition.article.slug).text_content())
                assert all(squeeze(line) in text for line in edition.article.text.split("\n\n") if "\n" not in line)

    def test_requests_are_recorded(self, reader: Reader) -> None:
        reader.clock.set(1, "08:00")
        before = len(reader.newsroom.requests)
        reader.get("meridian", "/nowhere?utm_source=rss")
        (request,) = reader.newsroom.requests[before:]
        assert (request.host, request.path, request.status, request.at) == (
            "meridian.localhost", "/nowhere?utm_source=rss", 404, reader.clock.now,
        )  # fmt: skip

    def test_head_sends_the_headers_alone(self, reader: Reader) -> None:
        reader.clock.set(1, "20:00")
        answer = reader.get("meridian", "/feed.atom", method="HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["ETag"] == reader.get("meridian", "/feed.atom").headers["ETag"]

    def test_unknown_hosts_and_other_methods_are_refused(self, reader: Reader) -> None:
        assert reader.get("nobody", "/").status == 421
        assert reader.get("meridian", "/", method="POST").status == 405

    def test_sources_toml_names_every_feed_and_sitemap(self, reader: Reader) -> None:
        reader.clock.set(2, "12:00")
        sources = tomllib.loads(reader.newsroom.sources_toml())["source"]
        assert [source["id"] for source in sources] == list(OUTLETS)
        for source in sources:
            assert set(source) == {"id", "name", "language", "country", "homepage", "feeds", "sitemaps"}
            for url in [source["homepage"], *source["feeds"], *source["sitemaps"]]:
                parts = urlsplit(url)
                assert parts.port == reader.newsroom.port
                assert reader.get(parts.hostname.removesuffix(".localhost"), parts.path).status == 200

    def test_a_busy_port_raises_and_a_closed_newsroom_frees_its_port(self, clock: Clock) -> None:
        with Newsroom(clock) as running:
            with pytest.raises(OSError, match="in use"), Newsroom(clock, port=running.port):
                pass
            port = running.port
        with socket.create_server(("127.0.0.1", port)):
            pass

    def test_another_first_day_moves_every_date(self) -> None:
        clock = Clock(datetime(2027, 1, 4, 20, 0, tzinfo=UTC))
        with Newsroom(clock, first_day=date(2027, 1, 4)) as running:
            reader = Reader(running, clock)
            entries = reader.feed("meridian", "/feed.atom").entries
        assert entries[0].link.endswith("/2027/01/04/holmland-vote-floodwater")
