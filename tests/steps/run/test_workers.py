"""Worker processes: the same results in the same order, and no task costs more than itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_ROOT
from pipeline.steps.run.workers import Bounds, Lost, parallel_map

FOR_EVER = 3600


def misbehave(task: int) -> int:
    """What an extraction must not do, by the last digit."""
    match task % 10:
        case 3:
            time.sleep(FOR_EVER)
        case 5:
            os.kill(os.getpid(), signal.SIGKILL)
        case 7:
            return len(bytearray(3_000_000_000))
    return task * task


def square(task: int) -> int:
    return task * task


def fail(task: int) -> int:
    raise LookupError(f"task {task}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(jobs: int) -> None:
    tasks = list(range(100))
    assert list(parallel_map(square, tasks, jobs)) == [task * task for task in tasks]


def test_nothing_to_do() -> None:
    assert list(parallel_map(square, [], 2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_hangs_dies_or_exhausts_memory_is_lost_and_the_others_are_not(jobs: int) -> None:
    results = list(parallel_map(misbehave, list(range(30)), jobs, Bounds(seconds=4, memory_bytes=2_500_000_000)))
    lost = {task: result.reason for task, result in enumerate(results) if isinstance(result, Lost)}
    assert {task % 10: reason for task, reason in lost.items()} == {3: "timeout", 5: "died", 7: "died"}
    assert [result for task, result in enumerate(results) if task not in lost] == [
        task * task for task in range(30) if task not in lost
    ]
    assert len(lost) == 9


def test_an_error_is_raised_here() -> None:
    with pytest.raises(LookupError, match="task 0"):
        list(parallel_map(fail, [0, 1], 1))


@pytest.mark.slow
def test_the_main_script_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pipeline.steps.run.workers import parallel_map\n"
        "from tests.steps.run.test_workers import square\n"
        "print(*parallel_map(square, [2, 3], 1))\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("4 9\n", 0), done.stderr
