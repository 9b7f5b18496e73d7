"""The sample newsroom after the demo: every article as its outlet wrote it, with captions, quotations and revisions."""

from __future__ import annotations

import re
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.canonical_urls import canonical_url
from pipeline.demo.articles import Paragraph, SampleAudio, SamplePictures, SampleVideo, load_articles
from pipeline.demo.editions import Edition
from pipeline.demo.newsroom import FIRST_DAY, Newsroom
from pipeline.settings import PROJECT_ROOT
from tests.worlds.running import Demo, newsledger, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def news(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        yield con


def test_demo_prints_a_summary_and_three_queries(demo: Demo) -> None:
    for name in ("feeds", "items", "captures", "articles", "quotes", "stripped captions", "seconds"):
        assert re.search(rf"{name}\s*│\s*[\d.]+", demo.output), name
    queries = re.findall(r"^    \S*newsledger (sql .*)$", demo.output, re.MULTILINE)
    assert len(queries) == 3
    for query in queries:
        done = newsledger(*query.split())
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") > 5


def test_demo_answers_the_queries_of_the_readme(demo: Demo) -> None:
    ask = (PROJECT_ROOT / "README.md").read_text("utf-8").partition("\n## Queries\n")[2].partition("\n## ")[0]
    queries = re.findall(r"^    (select .*?;)", ask, re.MULTILINE | re.DOTALL)
    names = re.findall(r"^    newsledger sql (\w+)", ask, re.MULTILINE)
    assert (len(queries), len(names)) == (7, 5)
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        for query in queries:
            rows(con, query)
    for name in names:
        assert (PROJECT_ROOT / "sql" / "queries" / f"{name}.sql").exists()


@pytest.fixture(scope="module")
def editions(demo: Demo) -> list[Edition]:
    """Everything that the newsroom had published by the last evening."""
    with Newsroom(lambda: datetime.combine(FIRST_DAY + timedelta(days=3), time(20), UTC), port=demo.port) as newsroom:
        return newsroom.editions()


def test_readme_shows_the_output_of_the_demo(demo: Demo) -> None:
    readme = (PROJECT_ROOT / "README.md").read_text("utf-8")
    figures = re.compile(r"│ (feeds|items|captures|articles|quotes|stripped captions) +│ +(\d+) │ +(\d+) │")
    assert len(figures.findall(readme)) == 6
    assert figures.findall(readme) == figures.findall(demo.output)
    shown = re.findall(r"^    \$ \S+ sql --data data/demo (.+?)\n(    ┌.+?┘)$", readme, re.DOTALL | re.MULTILINE)
    assert len(shown) == 3
    for arguments, table in shown:
        done = newsledger("sql", "--data", demo.data, *shlex.split(arguments), env={"COLUMNS": "160"})
        assert [line.split() for line in done.stdout.splitlines() if line] == [
            line.split() for line in table.splitlines()
        ]


def test_every_readable_article_is_extracted_as_its_outlet_wrote_it(
    news: duckdb.DuckDBPyConnection, editions: list[Edition]
) -> None:
    found = {
        canonical_url(url): (headline, text)
        for url, headline, text in rows(news, "select url, headline, text from articles")
    }
    expected = {e.url: e.article for e in editions if "members" not in e.article.slug and e.article.gone is None}
    assert len(expected) > 45
    assert set(expected) <= set(found)
    missing = []
    for url, article in expected.items():
        headline, text = found[url]
        if article.access == "open" and not article.versions:
            missing += [
                (url, block.text)
                for block in article.body
                if isinstance(block, Paragraph) and squeezed(block.text) not in squeezed(text)
            ]
            missing += [(url, "headline")] if article.headline != headline else []
    assert missing == []


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_captions_are_recorded_and_removed_from_the_text(
    news: duckdb.DuckDBPyConnection, editions: list[Edition]
) -> None:
    videos = rows(news, "select distinct teaser, published_on, duration_seconds, medium from events.video_embedded")
    media = (SampleVideo, SampleAudio, SamplePictures)
    captured = {canonical_url(url) for (url,) in rows(news, "select url from articles")}
    expected = sum(isinstance(block, media) for e in editions if e.url in captured for block in e.article.body)
    assert len(videos) == expected >= 12
    assert all(teaser and day and (seconds or medium == "pictures") for teaser, day, seconds, medium in videos)
    leaks = rows(
        news,
        "select a.url from articles a join events.boilerplate_stripped b using (article_id)"
        " where b.kind = 'video_caption' and contains(a.text, b.text)",
    )
    assert leaks == []
    assert rows(news, r"select url from articles where regexp_matches(text, '\d\d\.\d\d\.\d{4} \| \d+:\d\d min')") == []


def test_quotes_have_their_speakers(news: duckdb.DuckDBPyConnection) -> None:
    gold = {
        squeezed(quote.text): quote.speaker
        for article in load_articles()
        if not article.versions and article.access == "open" and article.gone is None
        for quote in article.quotes
    }
    found = {squeezed(text): person or "" for text, person in rows(news, "select text, person from quotes")}
    both = [(gold[text], found[text]) for text in gold if text in found]
    assert len(both) / len(gold) > 0.85
    assert sum(expected == person for expected, person in both) / len(gold) > 0.55
    wrong = [(expected, person) for expected, person in both if person not in {"", expected}]
    assert len(wrong) / len(gold) < 0.05, "an unknown speaker is left open, not guessed"


def test_changed_articles_have_revisions(news: duckdb.DuckDBPyConnection) -> None:
    changed = {
        url.partition("?")[0].rstrip("/").rpartition("/")[2].removesuffix(".html").removesuffix("-100"): flags
        for url, *flags in rows(
            news,
            "select url, headline_changed, text_changed, correction is not null"
            " from article_revisions where revision_no = 2",
        )
    }
    assert changed["nordseegipfel-streit-um-kosten"][0]
    assert changed["summit-talks-stall-over-costs"][0]
    assert changed["sondierung-freie-mitte-gruenes-forum"][2]
    assert changed["fishermen-league-cable-route-protest"][2]
    assert changed["holmland-wahl-kommentar"] == [False, True, False]


def test_pages_that_could_not_be_fetched_have_a_reason(news: duckdb.DuckDBPyConnection) -> None:
    failed = rows(news, "select reason, status, url from events.capture_failed order by reason")
    assert {(reason, status) for reason, status, _ in failed} >= {("robots", None)}
    assert rows(
        news,
        "select count(*) from coverage_ledger where seen <> captured + captured_from_feed + failed + pending",
    ) == [(0,)]
    outcomes = Counter(outcome for (outcome,) in rows(news, "select outcome from events.feed_polled"))
    assert set(outcomes) <= {"ok", "not_modified"}
    warnings = {
        warning for (warnings,) in rows(news, "select warnings from events.feed_polled") for warning in warnings or ()
    }
    assert warnings >= {"broken_xml", "wrong_charset"}


def test_wire_copy_is_in_three_outlets(news: duckdb.DuckDBPyConnection) -> None:
    outlets = rows(news, "select distinct source_id from articles where contains(url, 'nordpress')")
    assert len(outlets) == 3


def test_paywalled_teaser_is_marked(news: duckdb.DuckDBPyConnection) -> None:
    ((access, text),) = rows(news, "select access, text from articles where contains(url, 'deichpflege')")
    assert access == "paywalled"
    assert "abo" not in text.lower()


def test_running_the_demo_again_appends_only_polls(demo: Demo, tmp_path: Path) -> None:
    data = shutil.copytree(demo.data, tmp_path / "data")
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        before = rows(con, "select url, headline, text from articles order by url")
    done = newsledger("demo", "--data", data, "--port", demo.port)
    assert done.returncode == 0, done.stderr
    for name in ("items", "captures", "articles", "quotes", "stripped captions"):
        assert re.search(rf"{name}\s*│\s*0 │", done.stdout), name
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        assert rows(con, "select url, headline, text from articles order by url") == before
    assert newsledger("verify", "--archive", "--data", data).returncode == 0
