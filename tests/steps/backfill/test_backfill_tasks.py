"""backfill by the DAG's tasks: the interval of a run, what it does by its parameters, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import duckdb
import msgspec
import pytest

from pipeline import orchestrate
from pipeline.dag_run import BACKFILL_RUN, DagRun, RunParams
from pipeline.errors import NewsledgerError, SettingsError, SourcesError
from pipeline.interval import Interval
from pipeline.ledger.log import utc_now
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.outlet import DAY, MORNING, Outlet
from tests.worlds.running import entry, rows

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


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

    @property
    def partition_key(self) -> str | None:
        return f"{self.partition_date:%Y-%m-%d}" if self.partition_date else None


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
    late = DagRun.of(context | {"dag_run": Triggered(start_date=DAY.end + A_DAY - timedelta(minutes=1))})
    assert (late.interval, late.day) == (DAY, f"{NIGHT:%Y-%m-%d}"), "its tasks after midnight must agree with the first"
    hour = DagRun.of(context, timedelta(hours=1)).interval
    assert timedelta() <= utc_now() - hour.end < timedelta(hours=1)
    assert hour.end - hour.start == timedelta(hours=1)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual"])
def test_a_run_with_a_partition_is_about_its_day(run_type: str) -> None:
    triggered = Triggered(run_type, partition_date=NIGHT)
    context = {"run_id": "1", "dag_run": triggered, "params": {}, "logical_date": NIGHT + 9 * A_DAY}
    assert DagRun.of(context).interval == DAY


def test_the_key_of_a_partition_is_its_day_which_has_begun() -> None:
    @dataclass
    class Odd(Triggered):
        partition_key: str = "2026-3-14"

    with pytest.raises(SettingsError, match="partition key '2026-3-14': write this day as 2026-03-14"):
        DagRun.of({"run_id": "1", "dag_run": Odd(partition_date=NIGHT), "params": {}})
    tomorrow = datetime.combine(utc_now().date(), wall_time(), UTC) + A_DAY
    with pytest.raises(SettingsError, match=f"partition key '{tomorrow:%Y-%m-%d}': this day has not begun"):
        DagRun.of({"run_id": "1", "dag_run": Triggered(partition_date=tomorrow), "params": {}})


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
def test_a_run_that_could_ask_nobody_fails_if_it_should_recover(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources.toml").write_text(entry("north", web.base))
    monkeypatch.setenv("NEWSLEDGER_WAYBACK_URL", "")
    with pytest.raises(SettingsError, match="nobody can be asked"):
        orchestrate.plan_sources(dag_run("backfill__2026-03-14"), slots=4)
    (shard,) = orchestrate.plan_sources(dag_run("backfill__2026-03-14", RunParams(recover=False)), slots=4)
    web.answers["/robots.txt"] = Answer(f"Sitemap: {web.base}/sitemap.xml".encode())
    assert orchestrate.plan_sources(dag_run("backfill__2026-03-15"), slots=4) == [shard]


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
    assert shard == {"label": "1 of 1: ferry", "source_ids": ["ferry"]}
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
