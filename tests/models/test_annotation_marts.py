"""The marts promise of annotations: of several annotators the preferred one counts, of one the newest version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import models
from pipeline.events import (
    ArticleAnnotated,
    ArticleCaptured,
    ArticleExtracted,
    EntityMentioned,
    Event,
    MentionKind,
    QuoteExtracted,
    QuoteKind,
    WarcType,
)
from pipeline.ids import article_id, digest
from pipeline.ledger import Ledger, start_run
from pipeline.settings import PROJECT_ROOT, Settings
from tests.worlds.running import rows

pytestmark = pytest.mark.slow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOTH, OLD, FRENCH, LOST = (f"https://alpha.example/{name}" for name in ("both", "old", "french", "lost"))
TEXT = "Ministerin Karin Holm kam. „Der Damm hält“, sagte Holm. Er sei dicht."
SPACY = "spacy-de_made@3.{}.0.1"


def article(url: str, published_at: datetime = NOON) -> tuple[ArticleCaptured, ArticleExtracted]:
    about: dict[str, Any] = {
        "stream": f"article:{article_id(url)}",
        "occurred_at": NOON,
        "source_id": "alpha",
        "article_id": article_id(url),
        "url": url,
        "payload_digest": digest(url.encode()),
    }
    page = ArticleCaptured(
        **about, producer="capture@1", final_url=url, status=200, warc_payload_digest=digest(url.encode()), bytes=9,
        warc_type=WarcType.RESPONSE, warc_file="a.warc.gz", warc_offset=0, warc_length=9, captured_at=NOON,
    )  # fmt: skip
    return page, ArticleExtracted(
        **about, producer="extract@1", caused_by=page.event_id, headline="Damm", text=TEXT, word_count=11,
        text_digest=digest(TEXT.encode()), published_at=published_at,
    )  # fmt: skip


def said_of(read: ArticleExtracted, producer: str) -> dict[str, Any]:
    return {
        "stream": read.stream,
        "occurred_at": NOON,
        "producer": producer,
        "caused_by": read.event_id,
        "source_id": read.source_id,
        "article_id": read.article_id,
    }


def annotated(read: ArticleExtracted, producer: str, *found: Event, **fields: Any) -> list[Event]:
    return [ArticleAnnotated(**said_of(read, producer), **fields), *found]


def quote(read: ArticleExtracted, producer: str, words: str, kind: QuoteKind = QuoteKind.DIRECT) -> QuoteExtracted:
    start = TEXT.index(words)
    return QuoteExtracted(
        **said_of(read, producer), text=words, start_char=start, end_char=start + len(words), kind=kind,
        person="Karin Holm", frame="sagte Holm", rule="verb_speaker", confidence=0.9,
    )  # fmt: skip


def mention(read: ArticleExtracted, producer: str, surface: str, role: str | None = None) -> EntityMentioned:
    start = TEXT.index(surface)
    return EntityMentioned(
        **said_of(read, producer), kind=MentionKind.PERSON, surface=surface, name="Karin Holm", start_char=start,
        end_char=start + len(surface), role=role, rule="full_name", confidence=0.9,
    )  # fmt: skip


def events() -> Iterator[Event]:
    both_page, both = article(BOTH)
    old_page, old = article(OLD, published_at=NOON.replace(day=1))
    french_page, french = article(FRENCH)
    lost_page, lost = article(LOST)
    yield from (both_page, both, old_page, old, french_page, french, lost_page, lost)
    older, newer, newest = "annotate@9", "annotate@10", "annotate@11"
    yield from annotated(both, newer, quote(both, newer, "Der Damm hält"), quote(both, newer, "Er sei dicht",
        QuoteKind.INDIRECT), mention(both, newer, "Karin Holm", "Ministerin"), quotes=2, mentions=1)  # fmt: skip
    yield from annotated(both, older, quote(both, older, "Der Damm"), quotes=1, mentions=0)
    yield from annotated(both, SPACY.format(10), mention(both, SPACY.format(10), "Karin"), mentions=1)
    yield from annotated(both, SPACY.format(9), mention(both, SPACY.format(9), "Holm"), mentions=1)
    yield from annotated(old, older, quote(old, older, "Der Damm"), mention(old, older, "Karin Holm", "Rätin"),
        quotes=1, mentions=1)  # fmt: skip
    yield from annotated(french, newer, mention(french, newer, "Holm"), quotes=0, mentions=1)
    yield from annotated(french, SPACY.format(9), failure="language")
    yield from annotated(lost, newer, quote(lost, newer, "Der Damm"), quotes=1, mentions=0)
    yield from annotated(lost, newest, failure="timeout")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data=tmp_path_factory.mktemp("annotated"))
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger.append(list(events()), start_run())
    return settings


def published(settings: Settings, folder: Path) -> duckdb.DuckDBPyConnection:
    models.build(settings)
    return duckdb.connect(shutil.copy(models.publish(settings), folder / "news.duckdb"), read_only=True)


@pytest.fixture(scope="module")
def news(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(settings, tmp_path_factory.mktemp("rules")) as con:
        yield con


def quoted(con: duckdb.DuckDBPyConnection, url: str) -> list[tuple[Any, ...]]:
    return con.execute("select kind, text, producer from quotes where url = ? order by start_char", [url]).fetchall()


def mentioned(con: duckdb.DuckDBPyConnection, url: str) -> list[tuple[Any, ...]]:
    return con.execute(
        "select surface, role, mentions.producer from mentions join articles using (article_id) where url = ?", [url]
    ).fetchall()


def test_only_the_newest_version_of_the_rules_counts(news: duckdb.DuckDBPyConnection) -> None:
    assert quoted(news, BOTH) == [
        ("direct", "Der Damm hält", "annotate@10"),
        ("indirect", "Er sei dicht", "annotate@10"),
    ]
    assert mentioned(news, BOTH) == [("Karin Holm", "Ministerin", "annotate@10")]
    assert quoted(news, OLD) == [("direct", "Der Damm", "annotate@9")]


def test_a_failed_annotation_hides_no_successful_one(news: duckdb.DuckDBPyConnection) -> None:
    assert quoted(news, LOST) == [("direct", "Der Damm", "annotate@10")]


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
        assert mentioned(con, BOTH) == [("Karin", None, SPACY.format(10))], "3.10 is newer than 3.9"
        assert mentioned(con, FRENCH) == [("Holm", None, "annotate@10")], "the model does not read it"
        assert mentioned(con, OLD) == [("Karin Holm", "Rätin", "annotate@9")], "the model has not seen it"
        for url in (BOTH, OLD, FRENCH, LOST):
            assert quoted(con, url) == quoted(news, url), "it looks for no quotations"


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
