"""The search finds words in their forms, ranks, excludes; its index follows the articles from build to build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import Stemmer

from pipeline import models
from pipeline.models import search_index
from pipeline.models.search_index import stem_german
from pipeline.settings import Settings
from tests.worlds.ledgers import NewData
from tests.worlds.running import Demo, newsledger, rows
from tests.worlds.stories import append, at, captured, discovered, extracted

pytestmark = pytest.mark.slow

INDEX = """
    select documents.article_id, terms.term, postings.weight, documents.words
    from search.postings inner join search.documents using (document_no) inner join search.terms using (term_no)
    order by all
"""


def index_of(file: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(file, read_only=True) as con:
        return rows(con, INDEX)


def found(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [headline for (headline,) in rows(con, "select headline from search(?)", query)]


def test_an_index_that_was_continued_equals_a_new_one(new_data: NewData) -> None:
    settings = new_data("search")
    dam, mill = (discovered(f"https://alpha.example/{name}", at(1, 8)) for name in ("dam", "mill"))
    first = captured(dam, "d1", at(1, 9))
    append(settings.ledger_catalog, [dam, first, extracted(first, "Deich hält", "Alle atmen auf.", language="de")])
    models.build(settings)
    second, other = captured(first, "d2", at(2, 9)), captured(mill, "m1", at(2, 9))
    append(
        settings.ledger_catalog,
        [
            *(second, mill, other),
            extracted(second, "Deich bricht", "Niemand atmet auf.", language="de"),
            extracted(other, "Mill opens", "The mills of Orla turn.", language="en"),
        ],
    )
    models.build(settings)
    continued = index_of(settings.build_file)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        assert found(con, "halten") == found(con, "hält") == [], "the first revision said so, the newest does not"
        assert found(con, "deiche") == [], "no article has the word in this form"
        assert found(con, "deich atmet") == ["Deich bricht"]
        assert found(con, "mill") == found(con, "mills") == ["Mill opens"]
    models.build(settings, models.Refresh.ANEW)
    assert index_of(settings.build_file) == continued
    assert {term for _, term, _, _ in continued} >= {"deich", "bricht", "mill", "turn"}


def test_a_new_index_is_committed_pass_by_pass(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncommitted, the passes over a million articles need 0.6 GB of memory."""
    indexed: list[int] = []

    def stopped_after_a_pass(words: pa.Table) -> pa.Table:
        """Stop in the second pass."""
        if indexed:
            raise KeyboardInterrupt
        indexed.append(words.num_rows)
        return with_stems(words)

    with_stems = search_index._stemmed
    monkeypatch.setattr(search_index, "DOCUMENTS_AT_ONCE", 1)
    monkeypatch.setattr(search_index, "_stemmed", stopped_after_a_pass)
    with pytest.raises(KeyboardInterrupt):
        models.build(settings, models.Refresh.ANEW)
    assert len({article for article, *_ in index_of(settings.build_file)}) == 1


@pytest.mark.parametrize(
    ("word", "stem"),
    [("hochwassers", "hochwass"), ("häuser", "häus"), ("schöne", "schön"), ("straßen", "strass"), ("straße", "strass")],
)
def test_german_stems_keep_their_umlauts(word: str, stem: str) -> None:
    assert stem_german(Stemmer.Stemmer("german"), word) == stem


@pytest.mark.parametrize(
    ("query", "headlines"),
    [
        ("sirenen modell", {"»Das Modell lag richtig, die Sirene kam zu spät«"}),
        ("sirene -modell", {"Altenruhn räumt die Unterstadt"}),
        ('sirene -"kam zu spät"', {"Altenruhn räumt die Unterstadt"}),
        ('"Sirene kam zu spät"', {"»Das Modell lag richtig, die Sirene kam zu spät«"}),
        ('"spät zu kam"', set()),
        ("Trawlers BLOCKADE", {"Trawlers blockade harbour in protest at cable routes"}),
        ("xyzzy sirene", set()),
        ("-sirene", set()),
        ("", set()),
        ("' ; xyzzy", set()),
    ],
)
def test_queries_in_a_stock_duckdb(demo: Demo, query: str, headlines: set[str]) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        assert set(found(con, query)) == headlines


def test_the_best_hit_has_the_words_more_often_and_in_its_headline(demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        hits = rows(con, "select headline, score from search('deich')")
    assert len(hits) > 5
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert any("Deich" in headline for headline, _ in hits[:3])
    assert not any("Deich" in headline for headline, _ in hits[-2:])


def test_the_command_lists_hits_with_their_passage(demo: Demo, tmp_path: Path) -> None:
    done = newsledger("search", "sirenen", "--data", demo.data, "--until", "2026-03-02")
    assert done.returncode == 0, done.stderr
    headline, source, *passage, empty = done.stdout.splitlines()
    assert headline == "Altenruhn räumt die Unterstadt"
    assert source.startswith("  holmbote, 2026-03-02 05:50 UTC, http://holmbote.localhost:")
    assert "sagt die 81-Jährige über die Sirenen, die sie" in " ".join(" ".join(passage).split())
    assert empty == ""
    file = tmp_path / "hits.csv"
    assert newsledger("search", "sirene", "--data", demo.data, "--language", "de", "-o", file).returncode == 0
    assert len(file.read_text("utf-8").splitlines()) == 3
    assert "no article contains" in newsledger("search", "xyzzy", "--data", demo.data).stderr
    exported = newsledger("export", "articles", "--search", "sirene", "--format", "rss", "--data", demo.data)
    assert exported.stdout.count("<item>") == 2
    assert "<title>New articles: sirene</title>" in exported.stdout
