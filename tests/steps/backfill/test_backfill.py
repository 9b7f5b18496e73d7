"""backfill as a user runs it: by the command, again, side by side, and after being killed."""

from __future__ import annotations

import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from pipeline.canonical_urls import canonical_url
from pipeline.cli.backfill import parse_interval
from pipeline.interval import Interval
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.outlet import MORNING, Outlet
from tests.worlds.room import room
from tests.worlds.running import COMMAND, entry, newsledger

pytestmark = pytest.mark.slow


# The interval


def test_days_are_included_and_moments_are_not() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    day = Interval(datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
    assert parse_interval("2026-03-14", "2026-03-14", now) == day
    assert parse_interval("2026-03-14T00:00", "2026-03-15T00:00:00+00:00", now) == day
    assert parse_interval("20260314", "20260314", now) == day
    assert parse_interval("2026-05-31", "9999-12-31", now).end == datetime(2026, 6, 2, tzinfo=UTC)
    assert parse_interval("2026-05-31", "9999-12-31T23:59", now).end == datetime(2026, 6, 2, tzinfo=UTC)
    assert parse_interval("2026-03-14T01:00+01:00", "2026-03-14", now) == day
    assert parse_interval("2026-03-14", "2026-03-14T06:30", now).end == datetime(2026, 3, 14, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2026-03-14", "2026-03-13", "is not after FROM"),
        ("2026-03-14T06:00", "2026-03-14T06:00", "is not after FROM"),
        ("2026-06-02", "2026-06-03", "is in the future"),
        ("14.3.2026", "2026-03-15", "neither a day"),
        ("2026-02-30", "2026-03-15", "neither a day"),
        ("2026-03-14", "9999-12-31T23:59-05:00", "neither a day"),
        ("0001-01-01", "2026-03-15", "the web did not exist yet"),
        ("2026-03-14", "tomorrow", "TO: 'tomorrow'"),
        ("", "2026-03-14", "FROM: ''"),
        ("2026-W11", "2026-W12", "is a week"),
    ],
)
def test_a_bad_interval_is_an_error_that_says_why(start: str, end: str, problem: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        parse_interval(start, end, datetime(2026, 6, 1, tzinfo=UTC))
    assert problem in str(caught.value)


# On the sample newsroom


@pytest.mark.ducklake
def test_a_backfill_recovers_two_missed_days(tmp_path: Path) -> None:
    with room(tmp_path) as past:
        past.run("poll")
        asked = past.pages_asked()
        planned = past.backfill("--dry-run")
        assert past.pages_asked() == asked
        third_day = past.first_day + timedelta(days=2)
        published = {edition.url for edition in past.newsroom.editions() if edition.published_at < third_day}

        first = past.backfill()
        assert first["known"] + first["found"] == len(published) == 31
        assert first["recovered"] == planned["recoverable"] == first["found"] + 1, "one was known, and gone"
        assert first["recovered"] + first["replayed"] == 31
        read = [canonical_url(url) for (url,) in past.news("select url from articles")]
        assert published <= set(read)
        assert len(read) == len(set(read))
        items = past.news("select count(*), count(distinct article_id) from events.item_discovered where via != 'live'")
        assert items == [(first["found"], first["found"])]
        ((archived,),) = past.news("select url from articles where via = 'wayback'")
        assert "castlemoor" in archived

        asked = past.pages_asked()
        second = past.backfill()
        assert (second["known"], second["unchanged"], second["recovered"], second["replayed"]) == (31, 31, 0, 0)
        assert past.pages_asked() == asked
        assert past.news(
            "select sum(known + found), sum(recovered), sum(unchanged)"
            " from backfills group by run_id order by max(finished_at)"
        ) == [(31, first["recovered"], 0), (31, 0, 31)]
        assert len(past.news("select 1 from backfills")) == 2 * 5
        for query in ("backfills", "recovered"):
            assert "meridian" in past.run("sql", query)
        past.run("verify", "--archive")


def test_a_dry_run_makes_no_ledger(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("north", "http://north.invalid"))
    run = ("backfill", "2026-03-14", "2026-03-14", "--data", tmp_path / "data", "--sources", sources)
    done = newsledger(*run, "--dry-run")
    assert done.returncode == 1
    assert "no ledger here" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_backfill_without_any_answer_fails(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("north", "http://north.invalid"))
    env = {"NEWSLEDGER_WAYBACK_URL": ""}
    run = ("backfill", "2026-03-14", "2026-03-14", "--data", tmp_path / "data", "--sources", sources)
    for options, see in (((), "events.history_read"), (("--dry-run",), "the warnings above")):
        done = newsledger(*run, *options, env=env)
        assert done.returncode == 1
        assert f"not one of 1 documents of the history could be read; see {see}" in done.stderr
    assert "not_searched" in done.stderr and "north.invalid" in done.stderr
    assert newsledger(*run, "--dry-run", "--no-recover", env=env).returncode == 0


def test_a_backfill_that_can_ask_nobody_fails_and_says_why(tmp_path: Path, web: WebServer) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("north", web.base))
    env = {"NEWSLEDGER_WAYBACK_URL": "", "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"}
    run = ("backfill", "2026-03-14", "2026-03-14", "--data", tmp_path / "data", "--sources", sources)
    for options in ((), ("--dry-run",)):
        done = newsledger(*run, *options, env=env)
        assert done.returncode == 1
        assert "nobody can be asked: no source names a sitemap, no web archive is searched" in done.stderr
        assert not (tmp_path / "data" / "news.duckdb").exists(), "it fails before it does anything"
    assert newsledger(*run, "--no-recover", env=env).returncode == 0


def test_bad_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = newsledger("backfill", "2026-03-14", "2026-03-01", "--data", tmp_path)
    assert done.returncode == 2
    assert "is not after FROM" in done.stderr
    done = newsledger("backfill", "2026-03-14", "2026-03-14", "--data", tmp_path, "--sources", tmp_path / "none.toml")
    assert done.returncode == 1
    assert "none.toml: cannot be read" in done.stderr


# Killed, and side by side


def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.ducklake
def test_a_killed_backfill_resumes_where_it_stopped(past: Outlet, env: dict[str, str]) -> None:
    stories = [f"/story-number-{number:05}" for number in range(6)]
    for number, story in enumerate(stories):
        past.publish(story, MORNING + timedelta(minutes=number))
    running: list[subprocess.Popen[str]] = []
    third = past.site.answers[stories[2]]

    def kill_once(_: object) -> Answer:
        os.killpg(running[0].pid, signal.SIGKILL)
        del past.site.decides[stories[2]]
        return third

    past.site.decides[stories[2]] = kill_once
    for step in ("recover", "extract", "annotate"):
        process = start(env, "backfill", "2026-03-14", "2026-03-14")
        running[:] = [process]
        assert process.stderr is not None
        said = ""
        while f"event={step} " not in said and (said := process.stderr.readline()):
            pass
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    done = newsledger("backfill", "2026-03-14", "2026-03-14", env=env)
    assert done.returncode == 0, done.stderr
    assert list(past.captures().values()) == ["live"] * 6
    (counts,) = past.rows(
        "select (select count(*) from ledger.item_discovered) as items,"
        " (select count(*) from ledger.article_extracted) as extractions,"
        " (select count(*) from ledger.article_annotated) as annotations"
    )
    assert set(counts.values()) == {6}
    assert past.verify().findings == ()


@pytest.mark.ducklake
def test_concurrent_backfills_and_an_ingest_duplicate_nothing(past: Outlet, env: dict[str, str]) -> None:
    for number in range(6):
        past.publish(f"/story-number-{number:05}", MORNING + timedelta(hours=4 * number))
    past.site.feed("/feed.xml", ("/from-the-feed-00001", "Ferry"))
    past.publish("/from-the-feed-00001", MORNING, listed=False)
    days = ("2026-03-14", "2026-03-15")
    commands = [("backfill", days[0], days[0]), ("backfill", *days), ("ingest",)]
    for process in [start(env, *command) for command in commands]:
        _, errors = process.communicate(timeout=280)
        assert process.returncode == 0, errors
    assert list(past.captures().values()) == ["live"] * 7
    assert {count for path, count in past.site.asked.items() if path.endswith(tuple("0123456789"))} == {1}
    assert past.verify().findings == ()
