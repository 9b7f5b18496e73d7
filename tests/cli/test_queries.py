"""The queries of analysts in sql/queries answer what their first lines ask, on the sample newsroom."""

from __future__ import annotations

import ast
import csv
import json
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb
import pytest

from pipeline.cli.named_queries import load_queries
from pipeline.cli.query import sql
from pipeline.settings import PROJECT_ROOT
from tests.worlds.running import Demo

pytestmark = pytest.mark.slow

OPERATIONS = {
    "backfills",
    "compare",
    "compare_quotes",
    "coverage",
    "missed",
    "quiet_sources",
    "recovered",
    "run_failures",
}
"""Queries for those who run newsledger; the tests of coverage, revisions and backfills check them."""


class Case(NamedTuple):
    """A query with parameters, and rows that it must answer; each row has only some of the columns."""

    query: str
    given: dict[str, str]
    rows: list[dict[str, Any]]
    total: int | None = None
    """How many rows there are, if that matters."""


CASES = [
    Case(
        "article_lengths",
        {},
        [
            {"source_id": "harbourpost", "articles": "10", "median_words": "323", "longest_tenth": "344"},
            {"source_id": "holmbote", "articles": "9"},  # the tenth is paywalled
        ],
        5,
    ),
    Case("authors", {"source": "leitblatt"}, [{"author": "Tilda Brömmer", "articles": "3", "main_section": "Wissen"}]),
    Case(
        "both_persons",
        {"person": "Helen Ashdown", "other": "Callum Rennie"},
        [{"source_id": "harbourpost", "headline": "Trawlers blockade harbour in protest at cable routes"}],
    ),
    Case(
        "busiest_hours",
        {"zone": "Europe/Berlin", "since": "2026-03-05"},
        [{"source_id": "hierheute", "hour_of_day": "19", "articles": "1", "percent": "50.0"}],
    ),
    Case("capture_lag", {}, [{"source_id": "hierheute", "articles": "10"}], 5),
    Case(
        "changed_headlines",
        {},
        [
            {
                "headline_before": "North Sea talks stall over who pays",
                "headline": "North Sea talks edge towards deal after all-night session",
            },
            {"headline_before": "Ashdown ringt um Einigung bei den Kosten", "source_id": "hierheute"},
        ],
        2,
    ),
    Case("changed_headlines", {"source": "meridian"}, [{"source_id": "meridian"}], 1),
    Case("changed_headlines", {"since": "2026-03-06"}, [], 0),
    Case(
        "corrections",
        {},
        [
            {"source_id": "holmbote", "headline": "Ahlers lädt das Grüne Forum ein"},
            {"source_id": "harbourpost", "headline": "Trawlers blockade harbour in protest at cable routes"},
        ],
        2,
    ),
    Case(
        "countries",
        {"kind": "place"},
        [{"name": "Port Ellery", "country": "DE", "articles": "7", "other": "GB", "other_articles": "14"}],
    ),
    Case(
        "coverage_of_a_person",
        {"person": "Callum Rennie"},
        [{"source_id": "harbourpost", "week": "2026-03-02", "direct_quotes": "6"}],
    ),
    Case("direct_and_indirect", {}, [{"source_id": "meridian", "articles": "11"}], 5),
    Case(
        "first_to_report",
        {"term": "sirene"},
        [
            {
                "source_id": "holmbote",
                "minutes_after_the_first": "0",
                "first_headline": "Altenruhn räumt die Unterstadt",
            },
            {"source_id": "leitblatt", "minutes_after_the_first": "2980"},
        ],
        2,
    ),
    Case(
        "most_revised",
        {},
        [{"headline": "Aktuelles zur Flut an der Ruhna", "changes": "2", "words_added": "100", "kinds": "substance"}],
        5,
    ),
    Case("open_and_paid", {}, [{"source_id": "holmbote", "section": "Region", "paywalled_percent": "25.0"}]),
    Case(
        "quotes_of_a_person",
        {"person": "Nadja Wulff", "since": "2026-03-05"},
        [{"text": "Ein Blatt Papier, eine Unterschrift, eine Woche", "sources": "holmbote"}],
    ),
    Case("rising_names", {"kind": "place"}, [{"name": "Port Ellery", "articles": "21", "articles_before": "0"}]),
    Case(
        "same_words",
        {},
        [
            {
                "text": "Wir haben die Leute aus den Betten geholt, Straße für Straße",
                "person": "Uwe Kranich",
                "first_source": "holmbote",
                "printed_by": "hierheute, holmbote, leitblatt",
            }
        ],
    ),
    Case("silence", {}, [{"person": "Helen Ashdown", "not_named_by": "holmbote, leitblatt"}]),
    Case("stripped_captions", {}, [{"source_id": "hierheute", "rule": "figure_video_caption", "blocks": "14"}]),
    Case(
        "term_by_day", {"term": "Sirene"}, [{"published_on": "2026-03-04", "source_id": "leitblatt", "articles": "1"}]
    ),
    Case(
        "trace_to_archive",
        {},
        [{"person": "Nadja Wulff", "item_title": "Freie Mitte und Grünes Forum wollen koalieren"}],
        100,
    ),
    Case(
        "unmarked_agency_text",
        {"agency": "nordpress"},
        [{"source_id": "hierheute", "marked_by": "holmbote", "same_paragraphs": "2", "share_of_paragraphs": "0.4"}],
        1,
    ),
    Case("unmarked_agency_text", {}, [], 0),
    Case("vanished", {}, [{"headline": "Castlemoor hospital turns back to paper after records failure"}], 1),
    Case("what_changed", {}, [{"source_id": "harbourpost", "first_words_changed": "[fifth → twelfth]"}]),
    Case("who_is_in_the_news", {}, [{"name": "Jörg Tamsen", "articles": "15", "most_often_with": "Birgit Ahlers"}]),
    Case(
        "who_said_what",
        {"since": "2026-03-05"},
        [
            {
                "person": "Jörg Tamsen",
                "last_words": "You have to know when you're still helping and when you're just in the way",
            }
        ],
    ),
    Case("who_said_what", {"source": "harbourpost"}, [{"person": "Callum Rennie", "quoted_by": "harbourpost"}]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join([case.query, *case.given]))
def test_the_query_answers(case: Case, demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    answered = answer(case.query, case.given, demo, file)
    for row in case.rows:
        assert any(row.items() <= each.items() for each in answered), answered[:20]
    assert case.total in (None, len(answered)), answered[:20]


def answer(query: str, given: dict[str, str], demo: Demo, file: Path) -> list[dict[str, str]]:
    sql(query, file=file, given=[f"{name}={value}" for name, value in given.items()], data=demo.data)
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_lag_is_the_median_of_the_articles(demo: Demo, tmp_path: Path) -> None:
    """The demo's clock runs on while pages are captured, so the minutes are those that this machine took."""
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        times = con.execute("select published_at, captured_at from articles where source_id = 'hierheute'").fetchall()
    minutes = median(
        (captured.replace(second=0, microsecond=0) - published.replace(second=0, microsecond=0)).total_seconds() / 60
        for published, captured in times
    )
    (row,) = (row for row in answer("capture_lag", {}, demo, tmp_path / "lag.csv") if row["source_id"] == "hierheute")
    assert float(row["median_until_captured"]) == minutes
    assert minutes >= 600


def test_every_question_has_an_answer_here() -> None:
    asked = {case.query for case in CASES} | {"changed_quotes"}  # tests/models/test_changed_quotes.py
    assert asked == set(load_queries()) - OPERATIONS
    assert len(asked) >= 24


def test_the_notebook_shows_the_answers_that_it_gets(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    file = PROJECT_ROOT / "docs" / "questions.ipynb"
    monkeypatch.setenv("NEWSLEDGER_DATA", str(demo.data))
    monkeypatch.chdir(file.parent)
    names: dict[str, Any] = {}
    for cell in json.loads(file.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        code = ast.parse("".join(cell["source"]))
        last = code.body.pop() if isinstance(code.body[-1], ast.Expr) else None
        exec(compile(code, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            answer = repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
            assert answer == "".join(cell["outputs"][0]["data"]["text/plain"])
    names["news"].close()
