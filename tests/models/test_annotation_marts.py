"""The marts promise of annotations: of several annotators the preferred one counts, of one the newest version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import models
from pipeline.events import ArticleCaptured, ArticleExtracted, EntityMentioned, Event, QuoteExtracted, QuoteKind
from pipeline.settings import PROJECT_ROOT, Settings
from tests.worlds.ledgers import NewData
from tests.worlds.running import rows
from tests.worlds.stories import NOON, annotated, append, captured, discovered, extracted, mentioned, quoted

pytestmark = pytest.mark.slow

BOTH, OLD, FRENCH, LOST = (f"https://alpha.example/{name}" for name in ("both", "old", "french", "lost"))
TEXT = "Ministerin Karin Holm kam. „Der Damm hält“, sagte Holm. Er sei dicht."
SPACY = "spacy-de_made@3.{}.0.1"


def article(name: str, published_at: datetime = NOON) -> tuple[ArticleCaptured, ArticleExtracted]:
    page = captured(discovered(name, NOON), name, NOON)
    return page, extracted(page, "Damm", TEXT, published_at=published_at)


def direct(read: ArticleExtracted, producer: str, words: str, kind: QuoteKind = QuoteKind.DIRECT) -> QuoteExtracted:
    return quoted(read, words, producer, kind=kind, person="Karin Holm", frame="sagte Holm", rule="verb_speaker")


def mention(read: ArticleExtracted, producer: str, surface: str, role: str | None = None) -> EntityMentioned:
    return mentioned(read, surface, producer, name="Karin Holm", role=role)


def events() -> Iterator[Event]:
    both_page, both = article(BOTH)
    old_page, old = article(OLD, published_at=NOON.replace(day=1))
    french_page, french = article(FRENCH)
    lost_page, lost = article(LOST)
    yield from (both_page, both, old_page, old, french_page, french, lost_page, lost)
    older, newer, newest = "annotate@9", "annotate@10", "annotate@11"
    yield from (
        annotated(both, newer, quotes=2, mentions=1),
        direct(both, newer, "Der Damm hält"),
        direct(both, newer, "Er sei dicht", QuoteKind.INDIRECT),
        mention(both, newer, "Karin Holm", "Ministerin"),
        annotated(both, older, quotes=1, mentions=0),
        direct(both, older, "Der Damm"),
        annotated(both, SPACY.format(10), mentions=1),
        mention(both, SPACY.format(10), "Karin"),
        annotated(both, SPACY.format(9), mentions=1),
        mention(both, SPACY.format(9), "Holm"),
        annotated(old, older, quotes=1, mentions=1),
        direct(old, older, "Der Damm"),
        mention(old, older, "Karin Holm", "Rätin"),
        annotated(french, newer, quotes=0, mentions=1),
        mention(french, newer, "Holm"),
        annotated(french, SPACY.format(9), failure="language"),
        annotated(lost, newer, quotes=1, mentions=0),
        direct(lost, newer, "Der Damm"),
        annotated(lost, newest, failure="timeout"),
    )


@pytest.fixture(scope="module")
def settings(new_data: NewData) -> Settings:
    settings = new_data("annotated")
    append(settings.ledger_catalog, events())
    return settings


def published(settings: Settings, folder: Path) -> duckdb.DuckDBPyConnection:
    models.build(settings)
    return duckdb.connect(shutil.copy(models.publish(settings), folder / "news.duckdb"), read_only=True)


@pytest.fixture(scope="module")
def news(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(settings, tmp_path_factory.mktemp("rules")) as con:
        yield con


def quotes_of(con: duckdb.DuckDBPyConnection, url: str) -> list[tuple[Any, ...]]:
    return con.execute("select kind, text, producer from quotes where url = ? order by start_char", [url]).fetchall()


def mentions_of(con: duckdb.DuckDBPyConnection, url: str) -> list[tuple[Any, ...]]:
    return con.execute(
        "select surface, role, mentions.producer from mentions join articles using (article_id) where url = ?", [url]
    ).fetchall()


def test_only_the_newest_version_of_the_rules_counts(news: duckdb.DuckDBPyConnection) -> None:
    assert quotes_of(news, BOTH) == [
        ("direct", "Der Damm hält", "annotate@10"),
        ("indirect", "Er sei dicht", "annotate@10"),
    ]
    assert mentions_of(news, BOTH) == [("Karin Holm", "Ministerin", "annotate@10")]
    assert quotes_of(news, OLD) == [("direct", "Der Damm", "annotate@9")]


def test_a_failed_annotation_hides_no_successful_one(news: duckdb.DuckDBPyConnection) -> None:
    assert quotes_of(news, LOST) == [("direct", "Der Damm", "annotate@10")]


def test_an_article_counts_its_direct_quotations(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select quote_count from articles where headline = 'Damm' order by url") == [
        (1,), (0,), (1,), (1,)
    ]  # fmt: skip


def test_persons_have_the_role_of_their_last_mention(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        news,
        "select name, role, articles, sources, mentions, direct_quotes, indirect_quotes,"
        " first_seen_at at time zone 'UTC', last_seen_at at time zone 'UTC' from persons",
    ) == [
        ("Karin Holm", "Ministerin", 3, 1, 3, 3, 1, datetime(2026, 3, 1, 12), datetime(2026, 3, 2, 12)),
    ]  # fmt: skip


def test_a_preferred_model_gives_the_mentions_it_looks_for(
    settings: Settings, tmp_path: Path, news: duckdb.DuckDBPyConnection
) -> None:
    preferring = settings.model_copy(update={"annotators": ("spacy:de_made", "rules")})
    with published(preferring, tmp_path) as con:
        assert mentions_of(con, BOTH) == [("Karin", None, SPACY.format(10))], "3.10 is newer than 3.9"
        assert mentions_of(con, FRENCH) == [("Holm", None, "annotate@10")], "the model does not read it"
        assert mentions_of(con, OLD) == [("Karin Holm", "Rätin", "annotate@9")], "the model has not seen it"
        for url in (BOTH, OLD, FRENCH, LOST):
            assert quotes_of(con, url) == quotes_of(news, url), "it looks for no quotations"


def test_queries_about_quotations_mean_somebodys_own_words(news: duckdb.DuckDBPyConnection) -> None:
    folder = PROJECT_ROOT / "sql/queries"
    ((who, quotes, *_),) = rows(news, (folder / "who_said_what.sql").read_text("utf-8"))
    assert (who, quotes) == ("Karin Holm", 3)
    traced = rows(news, (folder / "trace_to_archive.sql").read_text("utf-8"))
    assert {words for words, *_ in traced} == {"Der Damm hält", "Der Damm"}


def test_who_is_in_the_news(news: duckdb.DuckDBPyConnection) -> None:
    query = (PROJECT_ROOT / "sql/queries/who_is_in_the_news.sql").read_text("utf-8")
    ((name, role, articles, *_),) = rows(news, query)
    assert (name, role, articles) == ("Karin Holm", "Ministerin", 4)
