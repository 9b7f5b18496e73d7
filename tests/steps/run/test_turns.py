"""Runs that process the same pending work at the same time share it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest

from pipeline.events import Event
from pipeline.steps.run.turns import work_off
from tests.worlds.ledgers import environment_of
from tests.worlds.world import PARAGRAPHS, World

PAGES = 12

RUN = """
import sys
from pathlib import Path
from pipeline.ledger import Run
from pipeline.settings import Settings
from pipeline.steps.processing import process
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores

done = []

def on_progress(progress):
    done.append(progress)
    if sys.argv[2] == "stuck":
        print("working", flush=True)
        sys.stdin.read()

settings = Settings(data=Path(sys.argv[1]), jobs=1)
with Stores(settings, Run(sys.argv[2]), on_progress) as stores:
    print("ready", flush=True)
    sys.stdin.readline()
    process(stores, lookback(settings, stores.now()))
print(len(done), flush=True)
"""


def start(world: World, run_id: str) -> subprocess.Popen[str]:
    """Another process that has opened the ledger and waits for a line to begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, world.settings.data, run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | environment_of(world.settings.data),
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> int:
    """The number of pages and texts that the process has worked on."""
    said, _ = process.communicate()
    assert process.returncode == 0
    return int(said.splitlines()[-1])  # after what it logs while it waits


@pytest.fixture
def captured(world: World) -> World:
    """A world with archived pages that nobody has extracted."""
    for n in range(PAGES):
        world.web.page(f"/{n}", f"Story {n}", *PARAGRAPHS)
    world.web.feed("/feed.xml", *((f"/{n}", f"Story {n}") for n in range(PAGES)))
    assert world.collect().counts["article_captured"] == PAGES
    return world


@pytest.mark.slow
@pytest.mark.ducklake
def test_two_runs_at_once_process_each_page_once(captured: World) -> None:
    runs = [start(captured, f"run-{n}") for n in "ab"]
    for run in runs:
        begin(run)
    assert sum(finish(run) for run in runs) == 2 * PAGES, "extracted once, annotated once"
    assert len(captured.rows("select * from ledger.article_annotated")) == PAGES


@pytest.mark.slow
@pytest.mark.ducklake
def test_a_killed_run_does_not_block_the_next(captured: World) -> None:
    stuck = start(captured, "stuck")
    begin(stuck)
    assert stuck.stdout is not None
    assert stuck.stdout.readline() == "working\n"
    waiting = start(captured, "waiting")
    begin(waiting)
    assert not captured.rows("select * from ledger.article_extracted")
    stuck.kill()
    stuck.communicate()
    assert finish(waiting) == 2 * PAGES


@pytest.mark.parametrize("turn_tasks", [1, 2, 100])
def test_a_task_with_a_problem_is_tried_once_by_a_run(world: World, turn_tasks: int) -> None:
    tasks = [uuid4() for _ in range(3)]
    tried: list[UUID] = []

    def outcomes(turn: Sequence[UUID]) -> Iterator[Sequence[Event] | str]:
        for task in turn:
            tried.append(task)
            yield f"{task}: cannot be read"

    with world.stores() as stores:
        result = work_off(stores, "read", lambda: tasks, outcomes, key=lambda task: task, turn_tasks=turn_tasks)
    assert tried == tasks
    assert len(result.problems) == 3
