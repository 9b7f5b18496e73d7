"""Worker processes: the same results in the same order, and no task costs more than itself."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.annotate import annotate_text
from pipeline.collect.http.readers import (
    MAX_LOST,
    MAX_LOST_OF_SOURCE,
    MAX_UNREAD,
    Origin,
    OriginBarred,
    TaskLost,
    Workers,
)
from pipeline.settings import PROJECT_ROOT
from pipeline.workers import Bounds, Lost, parallel_map
from tests.worlds.running import entry, newsledger_process
from tests.worlds.world import World

FOR_EVER = 3600
SHORT = Bounds(seconds=1, memory_bytes=2_500_000_000)


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


def waiting_signals(_: int) -> set[int]:
    return {*signal.pthread_sigmask(signal.SIG_BLOCK, ())}


def backtrack(_: int) -> object:
    """Backtrack for years in C."""
    return re.fullmatch(r"(a+)+b", "a" * 60)


def backtrack_as(note: Path) -> object:
    """Write down which process this is, then backtrack."""
    half = note.with_suffix(".half")
    half.write_text(str(os.getpid()))
    half.rename(note)
    return backtrack(0)


def give_up(_: int) -> Lost:
    """End as a task ends that needs too much memory."""
    return Lost("died", "it needs more than 2 GB")


def square(task: int) -> int:
    return task * task


def files_opened_for(text: str) -> list[str]:
    opened: list[str] = []
    sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
    annotate_text(text)
    return opened


class Odd(Exception):
    """It is made of two values, and its message is one."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"{name} {number}")
        self.number = number


def fail(task: int) -> int:
    match task:
        case 7:
            raise Odd("task", task)
        case 8:
            raise LookupError(lambda: task)
    raise LookupError(f"task {task}")


def test_an_interrupt_does_not_reach_the_server_from_which_workers_are_forked() -> None:
    """It would end with a traceback while it imports; what it blocks is blocked in its workers."""
    assert [*parallel_map(waiting_signals, [1], 1)] == [{signal.SIGINT}]
    assert signal.SIGINT not in waiting_signals(1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(jobs: int) -> None:
    tasks = list(range(100))
    assert list(parallel_map(square, tasks, jobs)) == [task * task for task in tasks]


def test_nothing_to_do() -> None:
    assert list(parallel_map(square, [], 2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_hangs_dies_or_exhausts_memory_is_lost_and_the_others_are_not(jobs: int) -> None:
    results = list(parallel_map(misbehave, list(range(30)), jobs, SHORT))
    lost = {task: result.reason for task, result in enumerate(results) if isinstance(result, Lost)}
    assert {task % 10: reason for task, reason in lost.items()} == {3: "timeout", 5: "died", 7: "died"}
    assert [result for task, result in enumerate(results) if task not in lost] == [
        task * task for task in range(30) if task not in lost
    ]
    assert len(lost) == 9


def test_a_new_process_has_the_lexicons_and_the_language_model() -> None:
    """Loading them takes half a second, which each run of a step would otherwise repeat."""
    assert list(parallel_map(files_opened_for, ["„Nichts geht mehr“, sagte Karin Holm. " * 9], 1)) == [[]]


@pytest.mark.slow
@pytest.mark.ducklake
def test_a_program_that_only_collects_loads_neither_extractor_nor_annotator(world: World, tmp_path: Path) -> None:
    """In none of its processes, which would take two seconds."""
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("outlet", world.web.base))
    done = newsledger_process(
        *("poll", "--sources", sources, "--data", tmp_path / "data"),
        env={"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1", "PYTHONPROFILEIMPORTTIME": "1"},
    )
    imported = re.findall(r"^import time: .*\| +(pipeline\..*)$", done.stderr, re.MULTILINE)
    assert imported.count("pipeline.collect.feeds.parsing") == 2, "in the command and its fork server"
    assert [name for name in imported if name.startswith(("pipeline.extract", "pipeline.annotate"))] == []


def test_an_error_is_raised_here() -> None:
    with pytest.raises(LookupError, match="task 0"):
        list(parallel_map(fail, [0, 1], 1))


def test_a_loop_gets_results_and_errors() -> None:
    async def ask() -> None:
        async with Workers() as workers:
            squares = await asyncio.gather(*(workers.run(Origin(f"site {n % 3}"), square, n) for n in range(50)))
            assert squares == [n * n for n in range(50)]
            with pytest.raises(LookupError, match="task 0"):
                await workers.run(Origin("site"), fail, 0)
            with pytest.raises(Odd, match="task 7") as odd:
                await workers.run(Origin("site"), fail, 7)
            assert odd.value.number == 7
            with pytest.raises(RuntimeError, match="LookupError: <function"):
                await workers.run(Origin("site"), fail, 8)
            assert await workers.run(Origin("site"), square, 3) == 9

    asyncio.run(ask())


def test_an_origin_whose_tasks_are_lost_rests_and_the_others_continue() -> None:
    async def ask() -> None:
        async with Workers(bounds=Bounds(seconds=1), processes=2) as workers:
            bad = [asyncio.ensure_future(workers.run(Origin("bad"), backtrack, n)) for n in range(MAX_LOST + 2)]
            assert [await workers.run(Origin("good"), square, n) for n in range(20)] == [n * n for n in range(20)]
            ends = await asyncio.gather(*bad, return_exceptions=True)
            assert [type(end) for end in ends] == [TaskLost] * MAX_LOST + [OriginBarred] * 2
            assert [end.lost.reason for end in ends if isinstance(end, TaskLost)] == ["timeout"] * MAX_LOST
            assert await workers.run(Origin("good"), square, 5) == 25

    asyncio.run(ask())


def test_a_source_with_many_lost_tasks_rests_wherever_they_came_from() -> None:
    async def ask() -> None:
        async with Workers(processes=2) as workers:  # so that one task of a source runs at a time
            bad = [workers.run(Origin(f"site {n}", "bad"), give_up, n) for n in range(MAX_LOST_OF_SOURCE + 3)]
            ends = await asyncio.gather(*bad, return_exceptions=True)
            assert Counter(map(type, ends)) == {TaskLost: MAX_LOST_OF_SOURCE, OriginBarred: 3}
            assert await workers.run(Origin("site 1", "good"), square, 5) == 25

    asyncio.run(ask())


def test_a_source_with_many_slow_answers_does_not_delay_the_others(tmp_path: Path) -> None:
    """Fifty of its answers wait, each from another site, and those of the other sources are read before them."""
    pipes = [tmp_path / str(number) for number in range(3)]
    for pipe in pipes:
        os.mkfifo(pipe)
    ends = [os.open(pipe, os.O_RDWR) for pipe in pipes]
    done = list[str]()

    async def ask() -> None:
        async with Workers(processes=2) as workers:

            async def read(site: str, source: str, function: Callable[[Any], object], task: object) -> None:
                await workers.run(Origin(site, source), function, task)
                done.append(source)

            slow = [asyncio.ensure_future(read("slow 0", "slow", read_byte, pipes[0]))]
            slow += [asyncio.ensure_future(read(f"slow {n}", "slow", square, n)) for n in range(1, 50)]
            await read("good", "good", square, 1)
            other = asyncio.ensure_future(read("other", "other", read_byte, pipes[1]))
            os.write(ends[1], b"!")
            await other
            assert done == ["good", "other"], "while the slow source occupies its half of the processes"
            busy = asyncio.ensure_future(read("busy", "busy", read_byte, pipes[2]))
            late = asyncio.ensure_future(read("late", "late", square, 2))
            os.write(ends[0], b"!")
            await late
            assert done == ["good", "other", "slow", "late"], "who has used the least time is next"
            os.write(ends[2], b"!")
            await asyncio.gather(busy, *slow)

    try:
        asyncio.run(ask())
    finally:
        for end in ends:
            os.close(end)


def read_byte(pipe: Path) -> bytes:
    """Wait for somebody who writes to the named pipe."""
    with pipe.open("rb", buffering=0) as opened:
        return opened.read(1)


def read_all(pipe: Path) -> str:
    """Wait for somebody who writes to the named pipe."""
    return pipe.read_text()


def test_there_is_room_for_few_tasks_of_one_origin(tmp_path: Path) -> None:
    """Nothing more is fetched from a site until its answers are read, and everything from other sites."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def ask() -> None:
        async with Workers() as workers:
            slow = asyncio.ensure_future(workers.run(Origin("slow"), read_all, pipe))
            waiting = [asyncio.ensure_future(workers.run(Origin("slow"), square, n)) for n in range(MAX_UNREAD - 2)]
            assert await workers.run(Origin("good"), square, 1) == 1
            await workers.room("slow")
            waiting.append(asyncio.ensure_future(workers.run(Origin("slow"), square, 9)))
            await workers.room("good")
            room = asyncio.ensure_future(workers.room("slow"))
            assert await workers.run(Origin("good"), square, 2) == 4
            assert not room.done()
            await asyncio.to_thread(pipe.write_text, "read")
            await room
            assert slow.done()
            await asyncio.gather(*waiting)

    asyncio.run(ask())


def test_cancelled_tasks_end_at_once_and_leave_no_process(tmp_path: Path) -> None:
    async def ask() -> list[int]:
        async with Workers(bounds=Bounds(seconds=FOR_EVER), processes=3) as workers:
            notes = [tmp_path / str(number) for number in range(6)]
            tasks = [asyncio.ensure_future(workers.run(Origin(note.name), backtrack_as, note)) for note in notes]
            while sum(note.exists() for note in notes) < 3:
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(end) for end in ends} == {asyncio.CancelledError}
            return [int(note.read_text()) for note in notes if note.exists()]

    assert [pid for pid in asyncio.run(ask()) if psutil.pid_exists(pid)] == []


def test_the_descriptors_of_ended_processes_are_given_back_at_once() -> None:
    async def ask() -> Workers:
        async with Workers() as workers:
            assert await workers.run(Origin("site"), square, 3) == 9
        return workers

    list(parallel_map(square, [1], 1))  # starts the fork server, which stays
    before = psutil.Process().num_fds()
    workers, results = asyncio.run(ask()), parallel_map(square, [2], 1)
    assert [*results] == [4]
    assert psutil.Process().num_fds() == before, f"although {workers} and {results} are still there"


CELERY_PROCESS = """
import billiard
from pipeline.workers import parallel_map
from tests.test_workers import square

process = billiard.context.Process(target=lambda: print(*parallel_map(square, [2, 3], 1)))
process.daemon = True
process.start()
process.join()
"""


@pytest.mark.slow
def test_a_process_of_celery_has_workers_too() -> None:
    pytest.importorskip("billiard", reason="newsledger[cluster] is not installed")
    environment = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
    command = [sys.executable, "-c", CELERY_PROCESS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("4 9\n", 0), done.stderr


@pytest.mark.slow
def test_the_main_script_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pipeline.workers import parallel_map\n"
        "from tests.test_workers import square\n"
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
