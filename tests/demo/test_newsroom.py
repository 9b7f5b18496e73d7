"""What the sample newsroom promises to the demo and to the other tests."""

from __future__ import annotations

import http.client
import json
import re
import socket
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree, html

from pipeline.demo.articles import (
    Article,
    Form,
    Image,
    Listing,
    LiveblogPointer,
    Paragraph,
    Quotation,
    Related,
    SampleVideo,
    Table,
    load_articles,
)
from pipeline.demo.newsroom import FIRST_DAY, Newsroom
from pipeline.demo.outlets import Outlet, load_outlets
from pipeline.events import Access

ARTICLES = {(article.outlet, article.slug): article for article in load_articles()}
OUTLETS = {outlet.id: outlet for outlet in load_outlets()}
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
TRUNCATED_WIRE = ("leitblatt", "nordpress-deichbruch-brueckfeld")
LIVEBLOG = ("hierheute", "hochwasser-ruhna-liveblog")


@dataclass
class Clock:
    """A clock that stands still until a test sets it."""

    now: datetime = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, day: int, wall_time: str, zone: str = "Europe/Berlin") -> None:
        moment = datetime.fromisoformat(f"{FIRST_DAY + timedelta(days=day - 1)}T{wall_time}")
        self.now = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Reader:
    """A client that reaches the virtual hosts over 127.0.0.1."""

    newsroom: Newsroom
    clock: Clock

    def get(self, outlet: str, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.newsroom.port, timeout=10)
        host = f"{outlet}.localhost:{self.newsroom.port}"
        try:
            connection.request(method, path, headers={"Host": host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def feed(self, outlet: str, path: str) -> feedparser.FeedParserDict:
        answer = self.get(outlet, path)
        assert answer.status == 200
        return feedparser.parse(answer.body, response_headers={"content-type": answer.headers["Content-Type"]})

    def page(self, outlet: str, slug: str) -> html.HtmlElement:
        answer = self.get(outlet, path_of(ARTICLES[outlet, slug]))
        assert answer.status == 200
        return html.fromstring(answer.text)


def path_of(article: Article) -> str:
    published_on = FIRST_DAY + timedelta(days=article.day - 1)
    return OUTLETS[article.outlet].article_path.format(
        section=article.section.lower(), slug=article.slug, date=published_on.strftime("%Y/%m/%d")
    )


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def select(tree: etree._Element, path: str) -> list[Any]:
    """What an XPath that selects nodes or strings finds."""
    return cast(list[Any], tree.xpath(path, namespaces=SITEMAP))


def titles(feed: feedparser.FeedParserDict) -> list[str]:
    return [entry.title for entry in feed.entries]


def paths(feed: feedparser.FeedParserDict) -> list[str]:
    return [urlsplit(entry.link).path for entry in feed.entries]


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def newsroom(clock: Clock) -> Iterator[Newsroom]:
    with Newsroom(clock) as running:
        yield running


@pytest.fixture
def reader(newsroom: Newsroom, clock: Clock) -> Reader:
    clock.set(1, "00:00")
    return Reader(newsroom, clock)


class TestArticles:
    def test_there_are_at_least_45_over_four_days_in_every_outlet(self) -> None:
        assert len(ARTICLES) >= 45
        for outlet in OUTLETS:
            assert {article.day for article in ARTICLES.values() if article.outlet == outlet} == {1, 2, 3, 4}

    def test_three_outlets_are_german_and_two_english(self) -> None:
        assert sorted(outlet.language for outlet in OUTLETS.values()) == ["de", "de", "de", "en", "en"]

    @pytest.mark.parametrize("key", ARTICLES, ids="/".join)
    def test_length_is_that_of_a_news_article(self, key: tuple[str, str]) -> None:
        words = len(f"{ARTICLES[key].lead} {ARTICLES[key].text}".split())
        assert words >= 150 or key == TRUNCATED_WIRE
        assert words <= 450

    @pytest.mark.parametrize("key", ARTICLES, ids="/".join)
    def test_every_quote_is_in_the_body_and_every_speaker_is_introduced(self, key: tuple[str, str]) -> None:
        article = ARTICLES[key]
        captions = " ".join(block.speaker for block in article.body if isinstance(block, Quotation))
        for quote in article.quotes:
            assert quote.text in article.text
            assert quote.speaker in f"{article.headline} {article.lead} {article.text} {captions}"

    @pytest.mark.parametrize("key", ARTICLES, ids="/".join)
    def test_every_version_changes_words_that_occur_once(self, key: tuple[str, str]) -> None:
        article = ARTICLES[key]
        for version in article.versions:
            assert version.headline or version.replace or version.prepend
            for replacement in version.replace:
                assert article.text.count(replacement.old) == 1

    @pytest.mark.parametrize("key", ARTICLES, ids="/".join)
    def test_links_within_an_article_lead_to_earlier_articles(self, key: tuple[str, str]) -> None:
        article = ARTICLES[key]
        for block in article.body:
            if isinstance(block, Related | LiveblogPointer):
                target = ARTICLES[article.outlet, block.target]
                assert (target.day, target.time) < (article.day, article.time)

    def test_no_paragraph_is_repeated_except_in_the_wire_text(self) -> None:
        paragraphs = [
            block.text
            for article in ARTICLES.values()
            if not article.wire
            for block in article.body
            if isinstance(block, Paragraph)
        ]
        assert len(paragraphs) == len(set(paragraphs))

    def test_each_story_is_covered_by_at_least_four_outlets_on_at_least_three_days(self) -> None:
        for story in ("summit", "flood", "election"):
            coverage = [article for article in ARTICLES.values() if article.story == story]
            assert len({article.outlet for article in coverage}) >= 4
            assert len({article.day for article in coverage}) >= 3
            assert {OUTLETS[article.outlet].language for article in coverage} == {"de", "en"}

    def test_one_wire_text_is_printed_by_three_outlets_once_truncated_to_its_first_half(self) -> None:
        prints = [article for article in ARTICLES.values() if article.wire]
        assert len({article.outlet for article in prints}) == 3
        assert {article.agency for article in prints} == {"nordpress"}
        words = {article.outlet: re.sub(r"[„“»«\"]", "", article.text).split() for article in prints}
        short, long = words["leitblatt"], words["hierheute"]
        assert long[: len(short)] == short
        assert 0.35 < len(short) / len(long) < 0.65
        assert " ".join(long) in " ".join(words["holmbote"])

    def test_texts_have_the_special_cases(self) -> None:
        articles = ARTICLES.values()
        assert any(not article.authors and not article.agency for article in articles)
        assert any(isinstance(block, Table) for article in articles for block in article.body)
        assert any(isinstance(block, Listing) for article in articles for block in article.body)
        assert [key for key, article in ARTICLES.items() if article.form is Form.LIVEBLOG] == [LIVEBLOG]

    @pytest.mark.parametrize(
        ("outlet", "opening", "closing"),
        [("holmbote", "„", "“"), ("hierheute", '"', '"'), ("leitblatt", "»", "«"), ("harbourpost", "“", "”"),
         ("meridian", "'", "'")],
    )  # fmt: skip
    def test_each_outlet_has_its_own_quotation_marks(self, outlet: str, opening: str, closing: str) -> None:
        for article in ARTICLES.values():
            set_apart = {block.text for block in article.body if isinstance(block, Quotation)}
            for quote in article.quotes:
                if article.outlet == outlet and quote.text not in set_apart:
                    marked = re.escape(opening + quote.text) + ",?" + re.escape(closing)
                    assert re.search(marked, article.text), quote


class TestPages:
    @pytest.mark.parametrize("key", ARTICLES, ids="/".join)
    def test_every_article_is_served_when_it_is_out_with_its_whole_text(
        self, reader: Reader, key: tuple[str, str]
    ) -> None:
        article = ARTICLES[key]
        reader.clock.set(article.day, article.time.isoformat(), OUTLETS[article.outlet].zone)
        tree = reader.page(*key)
        for ignored in tree.xpath("//script | //style"):
            ignored.drop_tree()
        text = squeeze(tree.text_content())
        for block in article.body:
            lines = [cell for row in block.rows for cell in row] if isinstance(block, Table) else None
            for line in lines or getattr(block, "text", getattr(block, "teaser", "")).split("\n"):
                assert squeeze(line) in text
        for part in (article.kicker, article.headline, article.lead, *article.authors):
            assert part in text
        reader.clock.now -= timedelta(seconds=1)
        assert reader.get(article.outlet, path_of(article)).status == 404

    @pytest.mark.parametrize("outlet", ["holmbote", "hierheute", "harbourpost", "meridian"])
    def test_json_ld_has_minute_exact_times_and_the_other_properties(self, reader: Reader, outlet: str) -> None:
        reader.clock.set(4, "23:59")
        for article in ARTICLES.values():
            if article.outlet == outlet and not article.gone:
                node = find_article_node(reader.page(outlet, article.slug))
                published_at = datetime.fromisoformat(node["datePublished"]).astimezone(ZoneInfo(OUTLETS[outlet].zone))
                assert published_at.date() == FIRST_DAY + timedelta(days=article.day - 1)
                assert published_at.time() == article.time
                assert (node["dateModified"] > node["datePublished"]) == bool(article.versions)
                assert [author["name"] for author in node.get("author", [])] == list(article.authors)
                assert node["articleSection"] == article.section
                assert node["isAccessibleForFree"] is (article.access is Access.OPEN)
                assert (node["@type"] == "LiveBlogPosting") == (article.form is Form.LIVEBLOG)

    def test_one_outlet_puts_its_json_ld_in_a_graph(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        tree = reader.page("holmbote", "landtagswahl-ergebnis-ahlers-tamsen")
        (script,) = tree.xpath("//script[@type='application/ld+json']/text()")
        assert "NewsArticle" in [node["@type"] for node in json.loads(script)["@graph"]]

    def test_one_outlet_has_open_graph_and_meta_only(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        tree = reader.page("leitblatt", "nordseegipfel-strompreise-norwegen")
        assert not tree.xpath("//script[@type='application/ld+json']")
        assert tree.xpath("string(//meta[@property='article:published_time']/@content)") == "2026-03-02T07:45:00+01:00"
        assert tree.xpath("string(//meta[@name='author']/@content)") == "Friedrich Albers"

    @pytest.mark.parametrize("outlet", OUTLETS)
    def test_every_page_has_open_graph_and_canonical_address(self, reader: Reader, outlet: str) -> None:
        reader.clock.set(3, "23:59")
        for article in ARTICLES.values():
            if article.outlet == outlet and article.day == 3:
                tree = reader.page(outlet, article.slug)
                canonical = tree.xpath("string(//link[@rel='canonical']/@href)")
                assert tree.xpath("string(//meta[@property='og:title']/@content)") == article.headline
                assert tree.xpath("string(//meta[@property='og:url']/@content)") == canonical
                assert canonical == f"http://{outlet}.localhost:{reader.newsroom.port}{path_of(article)}"

    def test_paywalled_page_ends_after_two_paragraphs(self, reader: Reader) -> None:
        reader.clock.set(3, "12:00")
        (key,) = [key for key, article in ARTICLES.items() if article.access is Access.PAYWALLED]
        tree = reader.page(*key)
        assert find_article_node(tree)["isAccessibleForFree"] is False
        assert len(tree.xpath("//div[contains(@class, 'artikel__inhalt')]/p")) == 2
        assert tree.xpath("//div[@class='bezahlschranke']")

    def test_front_page_links_current_articles_and_declares_feeds(self, reader: Reader) -> None:
        reader.clock.set(4, "23:00")
        for outlet in OUTLETS.values():
            tree = html.fromstring(reader.get(outlet.id, "/").text)
            declared = select(tree, "//link[@rel='alternate']/@href")
            assert [urlsplit(url).path for url in declared] == [feed.path for feed in outlet.feeds]
            links = select(tree, "//main//a/@href")
            assert len(links) >= 5
            for url in links:
                assert reader.get(outlet.id, urlsplit(url).path).status == 200

    @pytest.mark.parametrize("outlet", OUTLETS)
    def test_links_to_articles_on_a_page_work(self, reader: Reader, outlet: str) -> None:
        reader.clock.set(4, "23:00")
        prefix = f"http://{outlet}.localhost:{reader.newsroom.port}"
        for article in ARTICLES.values():
            if article.outlet == outlet and not article.gone:
                for url in set(reader.page(outlet, article.slug).xpath("//a/@href[starts-with(., 'http')]")):
                    assert url.startswith(prefix)
                    assert reader.get(outlet, url.removeprefix(prefix)).status in (200, 404, 410)


class TestVideoPages:
    """The outlet whose pages are built from captioned figures and hashed class names."""

    def test_kicker_and_headline_are_spans_of_one_heading(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        spans = reader.page("hierheute", "nordseegipfel-auftakt-port-ellery").xpath("//main/div[1]/h2/span")
        assert [squeeze(span.text_content()) for span in spans] == [
            "Nordseegipfel", ":", "Neun Staaten, ein Netz – und viele offene Fragen",
        ]  # fmt: skip

    def test_there_are_at_least_twelve_video_captions(self) -> None:
        videos = [block for article in ARTICLES.values() for block in article.body if isinstance(block, SampleVideo)]
        assert len(videos) >= 12
        assert len({video.teaser for video in videos}) == len(videos)

    def test_videos_are_figures_with_an_empty_figure_inside(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        tree = reader.page("hierheute", "nordseegipfel-auftakt-port-ellery")
        first, second = tree.xpath("//figure[@role='figure'][.//figure]")
        (empty,) = first.xpath(".//figure")
        assert not squeeze(empty.text_content())
        assert first.xpath("string(figcaption/p)").startswith("Die Nordsee soll zum größten Kraftwerk")
        assert first.xpath("string(figcaption/small)") == "01.03.2026 | 2:43 min"
        assert second.xpath("string(figcaption/small)") == "02.03.2026 | 1:12 min"

    def test_images_bring_their_credit_in_small_print(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        tree = reader.page("hierheute", "nordseegipfel-auftakt-port-ellery")
        assert any(
            isinstance(block, Image) for block in ARTICLES["hierheute", "nordseegipfel-auftakt-port-ellery"].body
        )
        assert "Quelle: nordpress" in tree.xpath("//figure[@role='figure']/figcaption/small/text()")

    def test_pull_quotes_name_the_speaker_in_the_caption(self, reader: Reader) -> None:
        reader.clock.set(1, "12:00")
        (figure,) = reader.page("hierheute", "nordseegipfel-auftakt-port-ellery").xpath("//figure[blockquote]")
        assert figure.xpath("string(blockquote/p)").startswith("Ein Kabel hat immer zwei Enden.")
        assert figure.xpath("string(figcaption)") == "Ingrid Solvang, Ministerpräsidentin von Norwegen"

    def test_liveblog_pointer_is_emphasised_and_followed_by_a_module_with_the_link(self, reader: Reader) -> None:
        reader.clock.set(2, "12:00")
        tree = reader.page("hierheute", "nordpress-deichbruch-brueckfeld")
        (pointer,) = tree.xpath("//div[p/em]")
        assert pointer.text_content().endswith("Liveblog:")
        module = pointer.getnext()
        assert module.get("data-testid") == "content-module"
        (link,) = module.xpath(".//a/@href")
        assert urlsplit(link).path == path_of(ARTICLES[LIVEBLOG])

    def test_bios_are_folded_and_text_is_in_text_modules(self, reader: Reader) -> None:
        reader.clock.set(1, "19:00")
        tree = reader.page("hierheute", "landtagswahl-holmland-analyse")
        assert tree.xpath("//button[@aria-expanded]/span/text()") == ["Friederike Asmus ..."]
        paragraphs = tree.xpath("//div[@data-testid='text-module']//p")
        assert any(paragraph.text_content().startswith("... ist Professorin") for paragraph in paragraphs)

    def test_class_names_are_hashed_and_change_with_the_build(self, reader: Reader) -> None:
        reader.clock.set(4, "12:00")
        first, last = (
            set(reader.page("hierheute", slug).xpath("//main//@class"))
            for slug in ("nordseegipfel-auftakt-port-ellery", "hydrologin-behnke-interview")
        )
        assert first
        assert last
        assert not first & last
        assert all(re.fullmatch(r"(c[0-9a-f]{7} ?)+", name) for name in first | last)


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


def find_article_node(tree: html.HtmlElement) -> dict[str, Any]:
    """The JSON-LD node of the article, however the page wraps it."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        document = json.loads(script)
        nodes = document if isinstance(document, list) else document.get("@graph", [document])
        node: dict[str, Any]
        for node in nodes:
            if node["@type"] in ("NewsArticle", "LiveBlogPosting"):
                return node
    raise AssertionError("the page has no article in its JSON-LD")
