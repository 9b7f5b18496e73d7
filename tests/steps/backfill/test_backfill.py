"""backfill as a user runs it: by the command and by the DAG's tasks, again, side by side, and after being killed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import duckdb
import msgspec
import pytest
import typer

from pipeline import orchestrate
from pipeline.canonical_urls import canonical_url
from pipeline.cli.backfill import parse_interval
from pipeline.dag_run import BACKFILL_RUN, DagRun, RunParams
from pipeline.errors import NewsledgerError, SettingsError, SourcesError
from pipeline.interval import Interval
from pipeline.ledger.log import utc_now
from tests.worlds.loopback import Answer
from tests.worlds.outlet import DAY, Outlet, outlet
from tests.worlds.room import room
from tests.worlds.running import COMMAND, entry, newsledger, rows

pytestmark = pytest.mark.slow

MORNING = DAY.start + timedelta(hours=7)


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


def test_bad_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = newsledger("backfill", "2026-03-14", "2026-03-01", "--data", tmp_path)
    assert done.returncode == 2
    assert "is not after FROM" in done.stderr
    done = newsledger("backfill", "2026-03-14", "2026-03-14", "--data", tmp_path, "--sources", tmp_path / "none.toml")
    assert done.returncode == 1
    assert "none.toml: cannot be read" in done.stderr


# Killed, and side by side


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Outlet]:
    with outlet(tmp_path) as made:
        yield made


@pytest.fixture
def env(past: Outlet, tmp_path: Path) -> dict[str, str]:
    """The environment of a command, or a task, for the outlet."""
    source = past.source
    sources = tmp_path / "sources.toml"
    sources.write_text(
        f'[[source]]\nid = "{source.id}"\nname = "{source.name}"\nlanguage = "en"\ncountry = "GB"\n'
        f'homepage = "{source.homepage}"\nfeeds = ["{source.feeds[0]}"]\n'
    )
    return {
        "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1",
        "NEWSLEDGER_DATA": str(past.settings.data),
        "NEWSLEDGER_SOURCES": str(sources),
        "NEWSLEDGER_WAYBACK_URL": past.archive.base,
        "NEWSLEDGER_JOBS": "1",
        "NEWSLEDGER_LOCK_TIMEOUT_SECONDS": "240",
    }


def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_killed_backfill_resumes_where_it_stopped(past: Outlet, env: dict[str, str]) -> None:
    stories = [f"/story-number-{number:05}" for number in range(12)]
    for number, story in enumerate(stories):
        past.publish(story, MORNING + timedelta(minutes=number))
    running: list[subprocess.Popen[str]] = []
    sixth = past.site.answers[stories[5]]

    def kill_once(_: object) -> Answer:
        os.killpg(running[0].pid, signal.SIGKILL)
        del past.site.decides[stories[5]]
        return sixth

    past.site.decides[stories[5]] = kill_once
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
    assert list(past.captures().values()) == ["live"] * 12
    (counts,) = past.rows(
        "select (select count(*) from ledger.item_discovered) as items,"
        " (select count(*) from ledger.article_extracted) as extractions,"
        " (select count(*) from ledger.article_annotated) as annotations"
    )
    assert set(counts.values()) == {12}
    assert past.verify().findings == ()


def test_concurrent_backfills_and_an_ingest_duplicate_nothing(past: Outlet, env: dict[str, str]) -> None:
    for number in range(12):
        past.publish(f"/story-number-{number:05}", MORNING + timedelta(hours=2 * number))
    past.site.feed("/feed.xml", ("/from-the-feed-00001", "Ferry"))
    past.publish("/from-the-feed-00001", MORNING, listed=False)
    days = ("2026-03-14", "2026-03-15")
    commands = [("backfill", day, day) for day in days] + [("backfill", *days), ("ingest",)]
    for process in [start(env, *command) for command in commands]:
        _, errors = process.communicate(timeout=280)
        assert process.returncode == 0, errors
    assert list(past.captures().values()) == ["live"] * 13
    assert {count for path, count in past.site.asked.items() if path.endswith(tuple("0123456789"))} == {1}
    assert past.verify().findings == ()


# The DAG's tasks


@pytest.fixture
def in_airflow(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)


def dag_run(run_id: str, params: RunParams = RunParams(), interval: Interval = DAY) -> DagRun:  # noqa: B008  # frozen
    return DagRun(
        run_id=run_id,
        interval=interval,
        started_at=utc_now(),
        run_type=BACKFILL_RUN,
        params=params,
    )


def run_tasks(run: DagRun) -> dict[str, int]:
    """The tasks in the DAG's order but the publication; what the last one returns."""
    for shard in orchestrate.plan_sources(run, slots=4):
        orchestrate.collect_shard(shard, run)
    orchestrate.process("extract", run)
    orchestrate.process("annotate", run)
    orchestrate.build_models(run)
    numbers = orchestrate.sum_up(run)
    orchestrate.conclude(numbers)
    return numbers


@dataclass
class Triggered:
    """What Airflow's run says of itself, as far as it is asked."""

    run_type: str = "manual"
    start_date: datetime | None = None
    partition_date: datetime | None = None


NIGHT, A_DAY = DAY.start, timedelta(days=1)


@pytest.mark.parametrize(
    ("logical_date", "inferred"),
    [
        (NIGHT, (NIGHT - A_DAY, NIGHT)),  # over REST and in the page: the day before the logical date
        (NIGHT + timedelta(hours=15), (NIGHT - A_DAY, NIGHT)),
        (NIGHT, (NIGHT + 250 * A_DAY, NIGHT + 251 * A_DAY)),  # by the command: the day before the trigger
        (NIGHT, (NIGHT, NIGHT + A_DAY)),  # given by the person who triggers it
        (NIGHT, None),
    ],
)
def test_a_manual_run_is_about_the_day_of_its_logical_date(
    logical_date: datetime, inferred: tuple[datetime, datetime] | None
) -> None:
    start, end = inferred or (None, None)
    run = DagRun.of({
        "run_id": "manual__1", "dag_run": Triggered(), "params": {}, "logical_date": logical_date,
        "data_interval_start": start, "data_interval_end": end,
    })  # fmt: skip
    assert run.interval == DAY


def test_a_manual_run_without_a_logical_date_is_about_the_latest_day() -> None:
    context = {"run_id": "manual__1", "dag_run": Triggered(), "params": {}}
    midnight = datetime.combine(utc_now().date(), wall_time(), UTC)
    assert DagRun.of(context).interval == Interval(midnight - A_DAY, midnight)
    hour = DagRun.of(context, timedelta(hours=1)).interval
    assert timedelta() <= utc_now() - hour.end < timedelta(hours=1)
    assert hour.end - hour.start == timedelta(hours=1)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual"])
def test_a_run_with_a_partition_is_about_its_day(run_type: str) -> None:
    triggered = Triggered(run_type, partition_date=NIGHT)
    context = {"run_id": "1", "dag_run": triggered, "params": {}, "logical_date": NIGHT + 9 * A_DAY}
    assert DagRun.of(context).interval == DAY


def test_parameters_of_another_type_are_a_mistake() -> None:
    context = {"run_id": "1", "dag_run": Triggered(partition_date=NIGHT), "params": {"sources": "ferry"}}
    with pytest.raises(SettingsError, match="the run's parameters: Expected `array`, got `str`"):
        DagRun.of(context)


def test_another_run_needs_an_interval() -> None:
    with pytest.raises(SettingsError, match="neither a partition nor a data interval"):
        DagRun.of({"run_id": "asset__1", "dag_run": Triggered("asset_triggered"), "params": {}})


@pytest.mark.usefixtures("in_airflow")
def test_a_run_ends_with_its_numbers(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.put_in_sitemap("/ferry-taken-down", MORNING)
    numbers = {"polls": 0, "failed": 0, "known": 0, "found": 2, "recovered": 1, "replayed": 0, "unchanged": 0}
    run = dag_run("backfill__2026-03-14")
    first = run_tasks(run)
    assert first == first | numbers | {"lost": 1, "waiting": 0}
    assert first["documents"] > first["unanswered"]
    orchestrate.build_models(run)  # tried again
    again = run_tasks(dag_run("backfill__2026-03-14"))  # cleared
    assert again == first | {"known": 2, "found": 0, "recovered": 0, "unchanged": 1}
    with duckdb.connect(past.settings.data / "build.duckdb", read_only=True) as con:
        finished = rows(con, "select run_id, source_id, recovered, unchanged, lost from backfills order by started_at")
    assert finished == [("backfill__2026-03-14", "ferry", 1, 0, 1), ("backfill__2026-03-14", "ferry", 0, 1, 1)]


@pytest.mark.usefixtures("in_airflow")
def test_a_run_without_any_answer_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "nobody.toml"
    sources.write_text(entry("north", "http://north.invalid"))
    monkeypatch.setenv("NEWSLEDGER_SOURCES", str(sources))
    monkeypatch.setenv("NEWSLEDGER_WAYBACK_URL", "")
    with pytest.raises(NewsledgerError, match="not one of 1 documents of the history"):
        run_tasks(dag_run("backfill__2026-03-14"))
    recovered = {"polls": 0, "failed": 0, "documents": 2, "unanswered": 2, "recovered": 1}
    orchestrate.conclude(recovered)


@pytest.mark.usefixtures("in_airflow")
def test_a_retried_task_may_recover_more(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    run = dag_run("backfill__2026-03-14")
    orchestrate.build_models(run)  # `collect` has failed for good, and the other tasks ran
    assert orchestrate.sum_up(run)["found"] == 0
    again = run_tasks(run)  # `collect` is cleared before the run has ended
    assert (again["found"], again["recovered"]) == (1, 1)
    with duckdb.connect(past.settings.data / "build.duckdb", read_only=True) as con:
        assert rows(con, "select found, recovered from backfills") == [(1, 1)]


@pytest.mark.usefixtures("in_airflow")
def test_captures_of_the_day_are_replayed_whatever_day_they_are_about(past: Outlet) -> None:
    past.publish("/ferry-afloat", MORNING, listed=False)
    past.site.feed("/feed.xml", ("/ferry-afloat", "Ferry afloat"))  # dated days before
    past.collect()
    midnight = datetime.combine(past.now.date(), wall_time(), UTC)
    numbers = run_tasks(dag_run("backfill__1", RunParams(recover=False), Interval(midnight, midnight + A_DAY)))
    assert (numbers["known"], numbers["replayed"]) == (1, 1)
    assert (numbers["recovered"], numbers["unchanged"]) == (0, 0)


@pytest.mark.usefixtures("in_airflow")
def test_a_run_does_what_its_parameters_say(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    with pytest.raises(SourcesError, match="unknown source 'nobody'"):
        orchestrate.plan_sources(dag_run("1", RunParams(sources=("nobody",))), slots=4)
    nothing = dag_run("2", RunParams(sources=("ferry",), recover=False))
    (shard,) = orchestrate.plan_sources(nothing, slots=4)
    assert shard == {"label": "1 of 1: ferry", "source_ids": ("ferry",)}
    assert orchestrate.collect_shard(shard, nothing) == {}
    assert not past.site.asked
    recovering = dag_run("3", RunParams(replay=False))
    assert orchestrate.collect_shard(shard, recovering)["ferry"]["captured"] == 1
    other = dag_run("4", RunParams(replay=False))
    assert orchestrate.process("extract", other) == {}
    assert orchestrate.process("extract", dag_run("4"))["article_extracted"] == 1
    assert orchestrate.process("annotate", other) == {}
    assert orchestrate.process("annotate", dag_run("4"))["article_annotated"] == 1


@pytest.mark.usefixtures("in_airflow")
def test_only_a_backfill_of_the_latest_day_polls_and_recovers(past: Outlet) -> None:
    midnight = datetime.combine(utc_now().date(), wall_time(), UTC)
    yesterday = Interval(midnight - timedelta(days=1), midnight)
    past.publish("/ferry-held-back", midnight - timedelta(hours=5))
    backfilled = dag_run("backfill__1", interval=yesterday)
    scheduled = msgspec.structs.replace(backfilled, run_id="scheduled__1", run_type="scheduled")
    (shard,) = orchestrate.plan_sources(scheduled, slots=4)
    assert "new" not in orchestrate.collect_shard(shard, scheduled)["ferry"]
    assert orchestrate.collect_shard(shard, backfilled)["ferry"]["new"] == 1
    assert orchestrate.process("extract", backfilled)["article_extracted"] == 1
    assert orchestrate.sum_up(scheduled) == {"polls": 1, "failed": 0}
