"""The main job from feeds to news.duckdb, run by the commands that a user types."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SHARED
from tests.worlds.ledgers import NewData
from tests.worlds.loopback import WebServer
from tests.worlds.running import ALLOW, COMMAND, articles, entry, free_port, newsledger, rows

pytestmark = pytest.mark.slow
PAGES = 12


# ingest, as a user runs it


@pytest.fixture(scope="module")
def outlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Path]]:
    """A server with pages, and a sources.toml for it."""
    with WebServer() as web:
        links = [(f"/{n}", f"Story number {n}") for n in range(PAGES)]
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
    web.feed("/feed.xml", *((f"/{n}", f"Story number {n}, updated") for n in range(PAGES)))
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
    assert set(counts) == {PAGES}
    assert rows(held, "select count(*) from articles") == [(PAGES,)], "a session on the old file goes on"
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
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    new: Counter[str] = Counter()
    for run in runs:
        summary, errors = run.communicate(timeout=200)
        assert run.returncode == 0, errors
        new.update({name: int(count) for name, count in re.findall(r"(items|captures|articles) +. +(\d+) ", summary)})
    assert new == {"items": PAGES, "captures": PAGES, "articles": PAGES}, "each names what it has added itself"
    assert len(articles(data)) == PAGES
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        for event in ("item_discovered", "article_captured", "article_extracted", "article_annotated"):
            assert rows(con, f"select count(*), count(distinct article_id) from events.{event}") == [(PAGES, PAGES)], (
                event
            )
    assert [web.asked[f"/{n}"] for n in range(PAGES)] == [1] * PAGES
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
    assert len(articles(tmp_path / "data")) == PAGES


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
