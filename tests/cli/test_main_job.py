"""The main job from feeds to news.duckdb, run by the commands that a user types."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
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
from tests.conftest import SHARED
from tests.worlds.ledgers import NewData
from tests.worlds.loopback import WebServer
from tests.worlds.running import ALLOW, COMMAND, Demo, articles, entry, free_port, newsledger, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def news(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        yield con


# The demo


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


# ingest, as a user runs it


@pytest.fixture(scope="module")
def outlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Path]]:
    """A server with thirty pages, and a sources.toml for it."""
    with WebServer() as web:
        links = [(f"/{n}", f"Story number {n}") for n in range(30)]
        web.feed("/feed.xml", *links)
        for path, title in links:
            web.page(
                path, title, *(f"{title}: sentence {k} of a story about the harbour and the town." for k in range(5))
            )
        sources = tmp_path_factory.mktemp("outlet") / "sources.toml"
        sources.write_text(entry("harbour", web.base))
        yield web, sources


@pytest.fixture(scope="module")
def undisturbed(outlet: tuple[WebServer, Path], new_data: NewData) -> Path:
    """The data directory after a run over the outlet; tests read or copy it."""
    data = new_data("undisturbed").data
    assert newsledger("ingest", "--sources", outlet[1], "--data", data, env=ALLOW).returncode == 0
    return data


def test_news_can_be_read_at_any_time_during_a_run(
    outlet: tuple[WebServer, Path], undisturbed: Path, tmp_path: Path
) -> None:
    web, sources = outlet
    data = tmp_path / "data"
    shutil.copytree(undisturbed, data)
    held = duckdb.connect(data / "news.duckdb", read_only=True)
    feed = web.answers["/feed.xml"]
    web.feed("/feed.xml", *((f"/{n}", f"Story number {n}, updated") for n in range(30)))
    counts: list[int] = []
    stop = threading.Event()
    reader = f"""
import sys, duckdb
for line in sys.stdin:
    with duckdb.connect({str(data / "news.duckdb")!r}, read_only=True) as con:
        print(con.execute("select count(*) from articles").fetchone()[0], flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        while not stop.is_set():
            process.stdin.write("again\n")
            process.stdin.flush()
            counts.append(int(process.stdout.readline()))
        process.stdin.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        assert newsledger("ingest", "--sources", sources, "--data", data, env=ALLOW).returncode == 0
    finally:
        stop.set()
        thread.join()
        process.wait()
        web.answers["/feed.xml"] = feed
    assert process.returncode == 0
    assert len(counts) > 10
    assert set(counts) == {30}
    assert rows(held, "select count(*) from articles") == [(30,)], "a session on the old file goes on"
    held.close()


def test_two_concurrent_runs_do_everything_once_in_a_folder_with_an_odd_name(
    outlet: tuple[WebServer, Path], tmp_path: Path, new_data: NewData
) -> None:
    web, sources = outlet
    web.asked.clear()
    data = tmp_path / "a #b c%41;'ü"
    new_data(data)
    runs = [
        subprocess.Popen(
            [COMMAND, "ingest", "--sources", sources, "--data", data],
            env=os.environ | ALLOW,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for run in runs:
        _, errors = run.communicate(timeout=200)
        assert run.returncode == 0, errors
    assert len(articles(data)) == 30
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        for event in ("item_discovered", "article_captured", "article_extracted", "article_annotated"):
            assert rows(con, f"select count(*), count(distinct article_id) from events.{event}") == [(30, 30)], event
    assert [web.asked[f"/{n}"] for n in range(30)] == [1] * 30
    assert newsledger("verify", "--data", data).returncode == 0


def test_without_a_network_every_source_is_a_recorded_failure(tmp_path: Path, new_data: NewData) -> None:
    new_data(tmp_path / "data")
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("north", "http://north.invalid") + entry("south", "http://south.invalid"))
    done = newsledger("ingest", "--sources", sources, "--data", tmp_path / "data")
    assert done.returncode == 1
    assert "none of the 2 feeds could be read" in done.stderr
    assert "source=north feed=http://north.invalid/feed.xml reason=dns" in done.stderr
    with duckdb.connect(tmp_path / "data" / "news.duckdb", read_only=True) as con:
        assert rows(con, "select source_id, outcome, reason from events.feed_polled order by 1") == [
            ("north", "failed", "dns"),
            ("south", "failed", "dns"),
        ]


def test_one_failing_source_of_two_does_not_fail_the_run(
    outlet: tuple[WebServer, Path], undisturbed: Path, tmp_path: Path
) -> None:
    data, sources = tmp_path / "data", tmp_path / "sources.toml"
    shutil.copytree(undisturbed, data)
    sources.write_text(outlet[1].read_text() + entry("south", "http://south.invalid"))
    run = ("ingest", "--sources", sources, "--data", data)
    done = newsledger(*run, env=ALLOW)
    assert done.returncode == 0
    assert "source=south feed=http://south.invalid/feed.xml reason=dns" in done.stderr
    assert "south" not in newsledger(*run, "--source", "harbour", env=ALLOW).stderr


@pytest.mark.parametrize(("sent", "when_started"), [(signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_IGN)])
def test_interrupted_run_prints_one_line_and_the_next_resumes(
    outlet: tuple[WebServer, Path],
    tmp_path: Path,
    new_data: NewData,
    sent: signal.Signals,
    when_started: signal.Handlers,
) -> None:
    """Ctrl-C interrupts the run; so does SIGTERM, even if a shell started the run with SIGINT ignored."""
    new_data(tmp_path / "data")
    _, sources = outlet
    process = subprocess.Popen(
        [COMMAND, "ingest", "--sources", sources, "--data", tmp_path / "data"],
        env=os.environ | ALLOW,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, when_started),
    )
    assert process.stderr is not None
    while "event=poll" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "newsledger: interrupted" in errors
    assert "Traceback" not in errors
    assert newsledger("ingest", "--sources", sources, "--data", tmp_path / "data", env=ALLOW).returncode == 0
    assert len(articles(tmp_path / "data")) == 30


# Real pages; skipped without the evaluation data


@pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation pages are not beside the checkout")
def test_real_pages_of_ninety_publishers(tmp_path: Path) -> None:
    port = free_port()
    sources = tmp_path / "sources.toml"
    server = subprocess.Popen(
        [
            sys.executable,
            SHARED / "tools" / "serve_pages.py",
            SHARED / "data" / "pages",
            "--port",
            str(port),
            "--sources",
            sources,
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        run = ("ingest", "--sources", sources, "--data", tmp_path / "data")
        first = newsledger(*run, env=ALLOW)
        assert first.returncode == 0, first.stderr
        with duckdb.connect(tmp_path / "data" / "news.duckdb", read_only=True) as con:
            assert rows(con, "select count(*) from events.article_captured") == [(125,)]
            ((extracted,),) = rows(con, "select count(*) from articles")
        assert extracted >= 123
        second = newsledger(*run, env=ALLOW)
        assert second.returncode == 0, second.stderr
        with duckdb.connect(tmp_path / "data" / "news.duckdb", read_only=True) as con:
            assert rows(con, "select count(*) from events.article_captured") == [(125,)]
    finally:
        server.kill()
        server.wait()
