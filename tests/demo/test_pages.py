"""The pages of the sample newsroom have the structure of the outlets that they imitate."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from pipeline.demo.articles import (
    Form,
    Image,
    SampleVideo,
    Table,
)
from pipeline.demo.newsroom import FIRST_DAY
from pipeline.events import Access
from tests.demo.reader import ARTICLES, LIVEBLOG, OUTLETS, Reader, find_article_node, path_of, select, squeeze


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
