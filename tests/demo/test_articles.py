"""The sample articles have what the demo and other tests need: quotations, captions, revisions, wire copy."""

from __future__ import annotations

import re

import pytest

from pipeline.demo.articles import (
    Form,
    Listing,
    LiveblogPointer,
    Paragraph,
    Quotation,
    Related,
    Table,
)
from tests.demo.reader import ARTICLES, LIVEBLOG, OUTLETS, TRUNCATED_WIRE


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
