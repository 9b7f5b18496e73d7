"""A task that fails for good, or a run that is ended, is recorded; recording it never hides the task's own error."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.ledger import Ledger
from pipeline.monitor.state import FailedTask
from pipeline.run_failures import (
    MAX_ERROR_CHARS,
    record_failure,
    record_later_successes,
    record_run_failure,
    record_run_success,
    run_failed,
)
from tests.worlds.ledgers import empty_ledger, settings_at
from tests.worlds.running import newsledger

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@dataclass
class Task:
    """What Airflow's task instance says, as far as it is asked."""

    dag_id: str = "ingest_daily"
    task_id: str = "collect"
    try_number: int = 3
    map_index: int = 1
    rendered_map_index: str | None = "courier"


def context(error: BaseException | str | None = None, task: object | None = None) -> Mapping[str, Any]:
    return {"task_instance": task or Task(), "run_id": "scheduled__2026-03-02T00:00:00+00:00", "exception": error}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = tmp_path / "data"
    empty_ledger(settings_at(data))
    monkeypatch.setenv("NEWSLEDGER_DATA", str(data))
    return data


def test_a_failure_is_recorded_once_for_each_try(data: Path) -> None:
    for task in (Task(), Task(), Task(try_number=6), Task(task_id="extract", map_index=-1, rendered_map_index=None)):
        record_failure(context(OSError("no space left"), task))
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        found = ledger.table(
            "select stream, run_id, dag_id, task_id, map_index, label, try_number, error from ledger.run_failed"
            " order by position"
        ).to_pylist()
    run = "scheduled__2026-03-02T00:00:00+00:00"
    common = {"stream": f"run:ingest_daily/{run}", "run_id": run, "dag_id": "ingest_daily"}
    error = {"error": "OSError: no space left"}
    assert found == [
        {**common, "task_id": "collect", "map_index": 1, "label": "courier", "try_number": 3, **error},
        {**common, "task_id": "collect", "map_index": 1, "label": "courier", "try_number": 6, **error},
        {**common, "task_id": "extract", "map_index": None, "label": None, "try_number": 3, **error},
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("two\nlines\tand \x1b[31mred\x1b[0m"), "ValueError: two lines and red"),
        (RuntimeError("http://me:secret@db.example/x fails"), "RuntimeError: http://…@db.example/x fails"),
        (KeyError("source"), "KeyError: 'source'"),
        ("heartbeat timed out", "heartbeat timed out"),
        (None, "the task ended without an error of its own"),
        (ValueError(), "ValueError:"),
    ],
)
def test_the_error_is_one_clean_line(error: BaseException | str | None, said: str) -> None:
    assert run_failed(context(error), NOW).error == said


def test_a_long_error_is_cut() -> None:
    error = run_failed(context(ValueError("x" * 100_000)), NOW).error
    assert len(error) == MAX_ERROR_CHARS
    assert error.endswith("x…")


def test_a_failure_that_cannot_be_recorded_raises_nothing(data: Path) -> None:
    shutil.rmtree(data)
    data.write_text("a file where the folder should be")
    record_failure(context(ValueError("the task's own")))
    record_failure({})


def test_status_names_the_newest_failure(data: Path) -> None:
    for error, task in ((OSError("no space left"), Task()), (ValueError("odd"), Task(task_id="extract", try_number=1))):
        record_failure(context(error, task))
    status = newsledger("status", "--data", data).stdout
    assert "2 failures in 1 run; the last at " in status
    assert "ingest_daily: extract of courier: ValueError: odd" in status


@dataclass
class Dag:
    dag_id: str = "ingest_daily"
    dagrun_timeout: timedelta = timedelta(hours=20)


@dataclass
class Started:
    clear_number: int = 0
    logical_date: datetime | None = None


def run_context(reason: str, **more: object) -> Mapping[str, Any]:
    return {"dag": Dag(), "run_id": "scheduled__1", "reason": reason, **more}


def test_a_run_that_took_too_long_is_recorded_and_needs_a_person(data: Path) -> None:
    """Airflow skips the tasks of such a run, and no task fails. A run whose task failed has that task's event."""
    record_run_failure(run_context("task_failure", task_instance=Task()))
    record_run_failure(run_context("timed_out", task_instance=Task()))
    record_run_failure(run_context("timed_out", task_instance=Task()))
    record_run_failure(run_context("timed_out", task_instance=Task(), dag_run=Started(clear_number=1)))
    record_run_failure(run_context("all_tasks_deadlocked", run_id="scheduled__2"))
    future = Started(logical_date=datetime(9999, 3, 14, 9, tzinfo=UTC))
    record_run_failure(run_context("timed_out", run_id="manual__3", task_instance=Task(task_id="plan"), dag_run=future))
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        rows = ledger.table("select task_id, try_number, error from ledger.run_failed order by position").to_pylist()
    ended = "took longer than 20:00:00 and was ended"
    late = f"{ended}; its task collect had not finished"
    assert [(row["task_id"], row["try_number"], row["error"]) for row in rows] == [
        (None, 1, late),
        (None, 2, late),
        (None, 1, "all_tasks_deadlocked"),
        (None, 1, f"{ended}; it waited for its logical date, 9999-03-14 09:00 UTC: leave this date empty"),
    ]
    checked = newsledger("status", "--check", "--data", data)
    assert checked.returncode == 1
    assert re.search(f"a run of ingest_daily failed at [^:]+:.. UTC: {late}", checked.stdout)


def test_a_run_that_ends_well_after_its_tasks_were_cleared_needs_nobody(data: Path) -> None:
    record_failure(context(OSError("no space left")))
    corrected = {"dag": Dag(), "run_id": "scheduled__2026-03-02T00:00:00+00:00", "reason": "success"}
    for other in (
        {**corrected, "run_id": "scheduled__2", "dag_run": Started(clear_number=1)},
        {**corrected, "dag_run": Started(clear_number=0)},
        {**corrected, "dag": Dag("poll_hourly"), "dag_run": Started(clear_number=1)},
    ):
        record_run_success(other)
    assert [task.succeeded_at is None for task in failures(data)] == [True]
    for _ in range(2):
        record_run_success({**corrected, "dag_run": Started(clear_number=1)})
    (first,) = failures(data)
    record_failure(context(OSError("no space left"), Task(try_number=6)))
    assert first.succeeded_at is not None
    assert [task.succeeded_at for task in failures(data)] == [None, first.succeeded_at]
    record_run_success(corrected)  # Airflow says nothing about the run if its last task is from an old version
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        rows = ledger.table("select stream, dag_id, run_id from ledger.run_succeeded").to_pylist()
    assert (
        rows
        == [
            {
                "stream": f"run:ingest_daily/{corrected['run_id']}",
                "dag_id": "ingest_daily",
                "run_id": corrected["run_id"],
            }
        ]
        * 2
    )


def test_a_run_that_is_marked_as_success_needs_nobody(data: Path) -> None:
    run = "scheduled__2026-03-02T00:00:00+00:00"
    record_failure(context(OSError("no space left")))
    record_failure(context(OSError("no space left"), Task(dag_id="poll_hourly")))
    asked: list[tuple[str, str]] = []

    def has_succeeded(dag_id: str, run_id: str) -> bool:
        asked.append((dag_id, run_id))
        return dag_id == "ingest_daily"

    for _ in range(2):
        record_later_successes(has_succeeded)
    assert sorted(asked) == [("ingest_daily", run), ("poll_hourly", run), ("poll_hourly", run)]
    assert {task.dag_id: task.succeeded_at is None for task in failures(data)} == {
        "ingest_daily": False,
        "poll_hourly": True,
    }


def failures(data: Path) -> list[FailedTask]:
    """As `status` judges them, newest first."""
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        return ledger.select(FailedTask, "failed_tasks", since=datetime(2026, 1, 1, tzinfo=UTC))
