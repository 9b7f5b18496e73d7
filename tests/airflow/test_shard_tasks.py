"""The tasks of a shard: each source has its line in the log, a failing one stops no other, nothing is done twice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from pipeline import orchestrate
from pipeline.dag_run import DagRun, RunParams
from pipeline.errors import MISTAKES, AnnotatorError, LedgerMissing, LedgerReplaced, SettingsError
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.prerequisites import require_installation
from pipeline.run_failures import record_failure
from tests.worlds.ledgers import empty_ledger, settings_at
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import entry, newsledger
from tests.worlds.stories import item

XCOM_BYTES = 48_000
"""What is still small for every database in which Airflow may store a task's return value."""


def live_run(started_at: datetime | None = None, **params: Any) -> DagRun:
    midnight = datetime.combine(utc_now().date(), wall_time(), UTC)
    return DagRun(
        run_id="scheduled__1",
        interval=Interval(midnight - timedelta(days=1), midnight),
        started_at=started_at or utc_now(),
        run_type="scheduled",
        params=RunParams(**params),
    )


@pytest.fixture
def webs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, WebServer]]:
    """Two outlets that are up, in one shard."""
    with WebServer() as north, WebServer() as south:
        webs = {"north": north, "south": south}
        (tmp_path / "sources.toml").write_text("".join(entry(name, web.base) for name, web in webs.items()))
        for web in webs.values():
            web.feed("/feed.xml", ("/a", "First story"), ("/b", "Second story"))
            web.page("/a", "First story", *(f"Sentence {n} of a story about the harbour." for n in range(9)))
        empty_ledger(settings_at(tmp_path / "data"))
        for name, value in (("DATA", "data"), ("SOURCES", "sources.toml")):
            monkeypatch.setenv(f"NEWSLEDGER_{name}", str(tmp_path / value))
        monkeypatch.setenv("NEWSLEDGER_ALLOW_HOSTS", "127.0.0.1")
        monkeypatch.setenv("NEWSLEDGER_WAYBACK_URL", "")
        yield webs


def logged(lines: list[Any]) -> dict[str, Mapping[str, Any]]:
    """The lines about sources."""
    return {line["source"]: line for line in lines if line["event"] == "source"}


def test_a_shard_logs_a_line_for_each_source_and_returns_its_counts(webs: Mapping[str, WebServer]) -> None:
    webs["south"].answers["/feed.xml"] = Answer(status=503)
    run = live_run()
    (shard,) = orchestrate.plan_sources(run, slots=4)
    with capture_logs() as lines:
        counts = orchestrate.collect_shard(shard, run)
    assert counts == {
        "north": {"polled": 1, "new": 2, "captured": 1, "failed": 1},
        "south": {"polled": 1, "failed": 1},
    }
    found = logged(lines)
    assert list(found) and len(found) == 2
    north, south = found["north"], found["south"]
    assert (north["log_level"], north["came"], north["why"]) == ("warning", "1 live", "1 page http_4xx")
    assert north["bytes"] > 500 and north["seconds"] >= 0
    assert (south["log_level"], south["why"]) == ("warning", "1 feed http_5xx")


def test_a_shard_that_is_tried_again_does_only_what_is_left(webs: Mapping[str, WebServer]) -> None:
    run = live_run()
    (shard,) = orchestrate.plan_sources(run, slots=4)
    north = {"label": "1 of 1: north", "source_ids": ("north",)}
    orchestrate.collect_shard(north, run)  # as far as the first try came
    again = orchestrate.collect_shard(shard, run)
    assert "polled" not in again["north"] and again["south"]["polled"] == 1
    assert [web.asked["/feed.xml"] for web in webs.values()] == [1, 1]
    assert [web.asked["/a"] for web in webs.values()] == [1, 1]
    cleared = orchestrate.collect_shard(shard, live_run())
    assert {source_id: counts["polled"] for source_id, counts in cleared.items()} == {"north": 1, "south": 1}


def test_a_past_day_logs_what_was_asked_of_whom_and_what_came(webs: Mapping[str, WebServer], tmp_path: Path) -> None:
    sitemap = f'sitemaps = ["{webs["north"].base}/sitemap.xml"]\n'
    (tmp_path / "sources.toml").write_text(entry("north", webs["north"].base) + sitemap)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    webs["north"].answers["/sitemap.xml"] = Answer(
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{webs['north'].base}/a</loc>"
        "<lastmod>2026-03-02T08:00:00Z</lastmod></url></urlset>".encode(),
        content_type="application/xml",
    )
    run = msgspec.structs.replace(live_run(), interval=Interval(day, day + timedelta(days=1)), run_type="backfill")
    (shard,) = orchestrate.plan_sources(run, slots=4)
    with capture_logs() as lines:
        counts = orchestrate.collect_shard(shard, run)
    assert counts["north"]["captured"] == counts["north"]["new"] == 1
    line = logged(lines)["north"]
    assert "sitemap at 127.0.0.1" in line["asked"]
    assert line["came"] == "1 live"
    with capture_logs() as lines:
        orchestrate.collect_shard(shard, run)
    assert logged(lines)["north"]["asked"] == "nobody: its history was searched within the last day"


def test_a_past_day_says_why_nobody_was_asked(webs: Mapping[str, WebServer]) -> None:
    """The outlets name no sitemap, and no web archive is searched; or the parameter says so."""
    day = datetime(2026, 3, 2, tzinfo=UTC)
    run = msgspec.structs.replace(live_run(), interval=Interval(day, day + timedelta(days=1)), run_type="backfill")
    shard = {"label": "1 of 1: north … south", "source_ids": ("north", "south")}
    with capture_logs() as lines:
        orchestrate.collect_shard(shard, run)
    why = "nobody: it names no sitemap, and no web archive is searched for it"
    assert {name: line["asked"] for name, line in logged(lines).items()} == {"north": why, "south": why}
    with capture_logs() as lines:
        orchestrate.collect_shard(shard, msgspec.structs.replace(run, params=RunParams(recover=False)))
    assert [line["detail"] for line in lines if line["event"] == "nobody_asked"] == ["the parameter `recover` is off"]


def test_a_data_directory_that_is_missing_is_a_mistake_and_is_not_made(
    webs: Mapping[str, WebServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLEDGER_DATA", str(tmp_path / "unmounted"))
    with pytest.raises(SettingsError, match="unmounted is not a directory"):
        require_installation(None)
    record_failure({})
    assert not (tmp_path / "unmounted").exists()


def test_a_ledger_that_was_seen_is_not_begun_again(webs: Mapping[str, WebServer], tmp_path: Path) -> None:
    """An empty folder, because a disk is not mounted; by `newsledger init`, a person says that it is not."""
    data, run = tmp_path / "data", live_run()
    seen = require_installation(None)
    assert require_installation(seen) == seen
    shutil.rmtree(data)
    data.mkdir()
    with pytest.raises(LedgerMissing, match=r"there is no ledger, but there was one: mount its disk"):
        require_installation(seen)
    shard = {"label": "1 of 1: north", "source_ids": ("north",)}
    for task in (lambda: orchestrate.collect_shard(shard, run), lambda: orchestrate.process("extract", run)):
        with pytest.raises(LedgerMissing, match="the ledger is gone"):
            task()
    record_failure({"run_id": "1", "exception": None})
    assert list(data.iterdir()) == []
    newsledger("init", "--data", data)
    assert require_installation(seen) == seen


def test_another_ledger_than_the_one_that_was_seen_is_not_recorded_into(
    webs: Mapping[str, WebServer], tmp_path: Path, run: Run
) -> None:
    with Ledger.open(tmp_path / "data" / "ledger.sqlite") as ledger:
        ledger.append([item("a")], run)
    seen = require_installation(None)
    assert require_installation(seen) == seen
    (tmp_path / "data").rename(tmp_path / "unmounted")
    with Ledger.open(tmp_path / "data" / "ledger.sqlite") as ledger:
        ledger.append([item("a")], run)
    with pytest.raises(LedgerReplaced, match=r"is another ledger .* delete Airflow's Variable newsledger_ledger"):
        require_installation(seen)
    require_installation(str(tmp_path / "data" / "ledger.sqlite"))  # what earlier versions have noted


@pytest.mark.ducklake
def test_what_is_set_wrong_is_found_before_a_run_does_anything(
    webs: Mapping[str, WebServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLEDGER_LOOKBAK_DAYS", "3")
    with capture_logs() as lines:
        require_installation(None)
    assert [(line["name"], line["nearest"]) for line in lines if line["event"] == "unknown_setting"] == [
        ("NEWSLEDGER_LOOKBAK_DAYS", "NEWSLEDGER_LOOKBACK_DAYS")
    ]
    for name, value, line in (
        ("NEWSLEDGER_ALLOW_HOSTS", "http://.localhost/", "'http://.localhost/' is not a valid host"),
        ("NEWSLEDGER_PERSON_IDS", "/etc/passwd", "the first line of /etc/passwd must be: name,id"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            with pytest.raises(SettingsError, match=f"^{name}: {line}"):
                require_installation(None)
    with monkeypatch.context() as patched:
        patched.setenv("NEWSLEDGER_ANNOTATORS", "rules,ruels")
        with pytest.raises(AnnotatorError, match="no annotator 'ruels' is installed"):
            require_installation(None)
    (tmp_path / "data" / "ledger.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(MISTAKES, match=r"ledger\.sqlite: cannot be opened as a ledger: "):
        require_installation(None)
    monkeypatch.setenv("NEWSLEDGER_DATA", "/proc")
    with pytest.raises(MISTAKES, match=r"^/proc: no file can be made there"):
        require_installation(None)


def test_what_airflow_stores_stays_small_with_2000_sources(webs: Mapping[str, WebServer], tmp_path: Path) -> None:
    texts = (entry(f"outlet-of-the-{no:04}", f"http://outlet-{no:04}.example") for no in range(2_000))
    (tmp_path / "sources.toml").write_text("".join(texts))
    shards = orchestrate.plan_sources(live_run(), slots=4)
    assert len(shards) == 4
    assert len(msgspec.json.encode(shards)) < XCOM_BYTES
    assert msgspec.json.decode(msgspec.json.encode(shards)) == shards, "a person reads them in the tab XCom"
    counts = {"polled": 3, "new": 120, "captured": 115, "revisited": 10, "failed": 15}
    largest = max(len(shard["source_ids"]) for shard in shards)
    assert len(msgspec.json.encode({f"outlet-of-the-{no:04}": counts for no in range(largest)})) < XCOM_BYTES


def test_a_task_imports_only_the_steps_that_it_runs() -> None:
    """Each task is a process, and all steps together take a second and a half to import."""
    code = "import sys, pipeline.orchestrate; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "lxml", "trafilatura", "pipeline.annotate", "pipeline.models", "pipeline.steps.backfill"}
    assert heavy & {*done.stdout.split()} == set()
