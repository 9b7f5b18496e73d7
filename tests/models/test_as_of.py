"""`articles_as_of` and `quotes_as_of`: what pages said at a time, and what of it the ledger knew at a time."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import models
from pipeline.events import RevisitOutcome, Via
from pipeline.settings import Settings
from tests.worlds.ledgers import NewData
from tests.worlds.running import published, rows
from tests.worlds.stories import Storyline, at

pytestmark = pytest.mark.slow

FIRST = "“We are ready,” said Ms Adair. The gates stay shut."
SECOND = "“We were ready,” said Ms Adair. “It was close.” The gates were opened."


@pytest.fixture(scope="module")
def settings(new_data: NewData) -> Settings:
    """Gates: captured on the 2nd, changed on the 5th; extracted again after an archive gave the 3rd on the 20th."""
    settings = new_data("asof")
    gates = Storyline(settings, "gates", day=2)
    gates.captured("g1", at(2, 9), recorded_at=at(2, 9, 5))
    first = gates.read("Gates shut", "Caption. " + FIRST, producer="extract@1", recorded_at=at(2, 10))
    gates.quoted(first, "We are ready", producer="annotate@1", recorded_at=at(2, 10))
    gates.looked(RevisitOutcome.UNCHANGED, at(3, 9))
    again = gates.read("Gates shut", FIRST, producer="extract@2", recorded_at=at(20))
    gates.quoted(again, "We are ready", producer="annotate@2", recorded_at=at(20))
    gates.captured("g2", at(5, 9))
    second = gates.read("Gates open", SECOND, producer="extract@1")
    gates.quoted(second, "We were ready", producer="annotate@1", recorded_at=at(5, 10))
    gates.quoted(second, "We were ready", "It was close", producer="annotate@2", recorded_at=at(20))
    gates.captured("g3", at(3, 18), recorded_at=at(20), via=Via.WAYBACK)
    gates.read("Gates ajar", SECOND, recorded_at=at(20))

    gone = Storyline(settings, "gone", day=4)
    gone.captured("x1", at(4, 9))
    gone.read("Gone soon", "Here today.")
    gone.looked(RevisitOutcome.MISSING, at(6, 9), 404)
    gone.looked(RevisitOutcome.MISSING, at(6, 10), 404)

    kept = Storyline(settings, "kept", day=8)
    kept.missed(at(8, 9), reason="soft_404")
    kept.captured("k1", at(7, 9), recorded_at=at(8, 9), via=Via.WAYBACK)
    kept.read("Kept elsewhere", "There yesterday.")

    never = Storyline(settings, "never", day=9)
    never.missed(at(9, 9), reason="dns", status=None)
    never.missed(at(9, 10), reason="not_archived", status=404)
    never.missed(at(9, 11), reason="to_other_article")
    never.missed(at(9, 12), reason="http_5xx", status=503)
    return settings


@pytest.fixture(scope="module")
def news(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(settings) as con:
        yield con


def headlines(news: duckdb.DuckDBPyConnection, arguments: str) -> list[str]:
    return [row[0] for row in rows(news, f"select headline from articles_as_of({arguments}) order by url")]


@pytest.mark.parametrize(
    ("moment", "known"),
    [
        ("'2026-03-01'", []),
        ("'2026-03-02 09:00:00'", []),
        ("'2026-03-02 09:30:00'", []),
        ("'2026-03-02 10:00:00'", ["Gates shut"]),
        ("'2026-03-04 09:00:00'", ["Gates shut", "Gone soon"]),
        ("'2026-03-05 08:59:59.999999'", ["Gates shut", "Gone soon"]),
        ("'2026-03-05 09:00:00'", ["Gates open", "Gone soon"]),
        ("date '2026-03-05'", ["Gates shut", "Gone soon"]),
        ("timestamp '2026-03-05 09:00:00'", ["Gates open", "Gone soon"]),
        ("'infinity'", ["Gates open", "Gone soon", "Kept elsewhere"]),
        ("null", []),
    ],
)
def test_one_time_gives_the_articles_known_then(news: duckdb.DuckDBPyConnection, moment: str, known: list[str]) -> None:
    assert headlines(news, moment) == known


def test_a_second_time_includes_what_was_recorded_later(news: duckdb.DuckDBPyConnection) -> None:
    assert headlines(news, "'2026-03-02 09:00:00', recorded := '2026-03-02 09:30:00'") == [], "not read yet"
    assert headlines(news, "'2026-03-02 09:00:00', recorded := '2026-03-02 10:00:00'") == ["Gates shut"]
    assert headlines(news, "'2026-03-04 00:00:00', '2026-03-19'") == ["Gates shut"]
    assert headlines(news, "'2026-03-04 00:00:00', '2026-03-20 12:00:00'") == ["Gates ajar"], "from a web archive"
    texts = "select text from articles_as_of('2026-03-03', recorded := {}) where headline = 'Gates shut'"
    assert rows(news, texts.format("'2026-03-19'")) == [("Caption. " + FIRST,)]
    assert rows(news, texts.format("'infinity'")) == [(FIRST,)], "as a newer reader reads it"


def test_the_day_of_a_session_begins_where_its_time_zone_says(news: duckdb.DuckDBPyConnection) -> None:
    in_session = news.cursor()
    try:
        in_session.execute("set timezone = 'Asia/Tokyo'")
        assert headlines(in_session, "'2026-03-02 19:00:00'") == ["Gates shut"], "10:00 UTC"
        assert headlines(in_session, "'2026-03-02 18:59:59'") == []
        assert headlines(in_session, "'2026-03-02 10:00:00+00:00'") == ["Gates shut"]
        assert headlines(in_session, "timestamptz '2026-03-02 05:00:00-05:00'") == ["Gates shut"]
    finally:
        in_session.execute("set timezone = 'UTC'")


def test_looks_and_absences_count_up_to_the_time_asked_for(news: duckdb.DuckDBPyConnection) -> None:
    def seen(moment: str) -> list[tuple[object, ...]]:
        return list(
            rows(news, f"select captured_at, last_seen_at, gone_at from articles_as_of('{moment}') order by url")
        )

    assert seen("2026-03-02 23:00:00") == [(at(2, 9), at(2, 9), None)]
    assert seen("2026-03-03 12:00:00") == [(at(2, 9), at(3, 9), None)]
    assert seen("2026-03-06 09:30:00")[1] == (at(4, 9), at(4, 9), None), "missing once"
    assert seen("2026-03-06 10:00:00")[1] == (at(4, 9), at(4, 9), at(6, 9))
    assert seen("2026-03-08 09:00:00")[2] == (at(7, 9), at(7, 9), at(8, 9)), "never seen on its own site"


def test_absences_are_those_of_captures_and_looks(news: duckdb.DuckDBPyConnection) -> None:
    absences = rows(news, "select missed_at, reason, status from article_absences order by missed_at")
    assert absences == [(at(6, 9), None, 404), (at(6, 10), None, 404), (at(8, 9), "soft_404", 200),
                        (at(9, 9), "dns", None)]  # fmt: skip


def test_quotations_are_those_of_the_text_and_the_annotator_of_then(news: duckdb.DuckDBPyConnection) -> None:
    def quoted(arguments: str) -> list[str]:
        found = rows(news, f"select text from quotes_as_of({arguments}) order by start_char")
        return [row[0] for row in found]

    assert quoted("'2026-03-01'") == []
    assert quoted("'2026-03-04'") == ["We are ready"]
    assert quoted("'2026-03-05 09:30:00'") == [], "not annotated yet"
    assert quoted("'2026-03-05 10:00:00'") == ["We were ready"]
    assert quoted("'2026-03-05 10:00:00', recorded := 'infinity'") == ["We were ready", "It was close"]


@pytest.mark.parametrize("arguments", ["'2026-03-04'", "'2026-03-03', 'infinity'", "'infinity'"])
def test_quotations_stand_in_the_text_of_then(news: duckdb.DuckDBPyConnection, arguments: str) -> None:
    found = rows(
        news,
        f"""
        select quotes.text, substr(articles.text, quotes.start_char + 1, quotes.end_char - quotes.start_char)
        from quotes_as_of({arguments}) as quotes
        inner join articles_as_of({arguments}) as articles using (article_id)
        """,
    )
    assert found
    assert all(words == there for words, there in found)


def test_at_the_end_of_time_all_is_as_the_marts_have_it(news: duckdb.DuckDBPyConnection) -> None:
    shared = """
        article_id, source_id, url, via, headline, lead, text, authors, section, access, correction, published_at,
        modified_at, captured_at, last_seen_at, gone_at, word_count, text_digest
    """
    marts = rows(news, f"select {shared} from articles order by article_id")
    assert rows(news, f"select {shared} from articles_as_of('infinity') order by article_id") == marts
    assert marts


def test_they_work_from_another_file_too(settings: Settings, news: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """In a process that has nothing of ours, with no extension but those that DuckDB itself brings."""
    copy = tmp_path / "elsewhere.duckdb"
    copy.write_bytes(models.publish(settings).read_bytes())
    script = """
        import sys, duckdb
        options = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        with duckdb.connect(sys.argv[1], read_only=True, config=options) as con:
            print(con.execute("select count(*) from articles_as_of('2026-03-14')").fetchone())
        with duckdb.connect(config=options) as con:
            con.execute(f"attach '{sys.argv[1]}' as archive (read_only)")
            con.execute("use archive")
            print(con.execute("select count(*) from quotes_as_of('2026-03-14')").fetchone())
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(script), copy],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split("\n") == ["(3,)", "(1,)", ""]
