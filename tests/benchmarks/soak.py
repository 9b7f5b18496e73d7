"""Two simulated weeks in one process: does anything grow that should not? `python -m tests.benchmarks.soak [DAYS]`.

Ten outlets publish, change and remove articles. Each day has four runs from poll to publish, what `maintain` does, and
a backup; each week has a verification of everything. Prints a JSON line a day: memory, descriptors, files and
megabytes by folder. Articles and events grow with the days; the rest must not. Exit status 1 if descriptors, temporary
files or files of the ledger grow in the second half, or memory by more than a twentieth. `make soak` gives malloc one
arena for all threads; with more, the process grows by what lies free in them.
"""

from __future__ import annotations

import logging
import multiprocessing.util
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import msgspec
import psutil
import structlog

from pipeline import models
from pipeline.backup import back_up
from pipeline.ledger import Ledger, Run
from pipeline.settings import load_settings
from pipeline.steps.collect import collect, expire_removed
from pipeline.steps.maintain import delete_erased, merge_files, prune
from pipeline.steps.processing import ALL_TASKS, process
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation, verify_weekly
from pipeline.workers import preload
from tests.worlds.changing_outlets import WINDOW, ChangingOutlets
from tests.worlds.loopback import WebServer

DAYS, OUTLETS, RUNS_A_DAY = 14, 10, 4
MEMORY_SLACK = 1.05
"""Memory may vary by a twentieth from day to day."""


class Day(msgspec.Struct, frozen=True):
    """Sizes and counts after a day's backup."""

    day: int
    events: int
    articles: int
    process_mb: float
    allocated_mb: float
    """Memory that was allocated by `malloc` and not freed."""
    workers_mb: float
    """The fork server and the worker processes."""
    descriptors: int
    worker_descriptors: int
    temporary_files: int
    files: dict[str, int]
    """By folder of the data directory; `.` are the files that are in none."""
    megabytes: dict[str, float]


def soak(days: int, folder: Path) -> list[Day]:
    results = list[Day]()
    with WebServer() as web:
        world = ChangingOutlets(folder, web, OUTLETS, revisit_after=load_settings().revisit_after, jobs=2)
        for day in range(days):
            for _ in range(RUNS_A_DAY):
                write(world, day)
                run(world)
                world.later(hours=24 / RUNS_A_DAY)
            maintain(world, weekly=day % 7 == 6)
            back_up(world.settings, folder / "backup")
            results.append(look(world, day + 1, folder))
            print(msgspec.json.encode(results[-1]).decode(), flush=True)
    return results


def write(world: ChangingOutlets, day: int) -> None:
    """Each outlet writes an article, changes the one before, and removes those that have left its feed."""
    for kept in (world.web.answers, world.web.request_headers, world.web.asked, world.web.asked_at):
        kept.clear()
    for outlet in world.outlets:
        for article in outlet.articles[-1:]:
            outlet.change(article)
        outlet.write(world.now)
        outlet.publish(day)
        for article in outlet.articles[:-WINDOW]:
            article.paragraphs = ()


def run(world: ChangingOutlets) -> None:
    """Do the work of `newsledger ingest` in this process. The ledger is opened for each run, since DuckDB keeps about
    1 kB for each transaction on a DuckLake until the connection is closed."""
    with Stores(world.settings, Run(f"{world.now:%F %T}", lambda: world.now)) as stores:
        result = collect(stores, world.sources) + expire_removed(stores, world.sources)
        (result + process(stores, lookback(world.settings, stores.now()))).require_success()
    models.build(world.settings)
    models.publish(world.settings)


def maintain(world: ChangingOutlets, *, weekly: bool) -> None:
    """Do the work of `newsledger maintain`, and each week that of `newsledger verify --archive --full`."""
    settings = world.settings
    with Ledger.open_existing(settings.ledger_catalog) as ledger:
        delete_erased(settings, ledger, lambda: world.now)
        merge_files(ledger)
        verify_weekly(settings, ledger, world.now).require_success()
        if weekly:
            verify_installation(settings, ledger, world.now, full=True, archive=ArchivePart.ALL).require_success()
    models.prune(settings, world.now)
    prune(settings, world.now)
    models.build(settings, tested=models.Tested.ALL)


def look(world: ChangingOutlets, day: int, folder: Path) -> Day:
    this, heap, data = psutil.Process(), psutil.heap_info(), world.settings.data
    workers = this.children(recursive=True)
    files, sizes = Counter[str](), Counter[str]()
    for path in data.rglob("*"):
        if path.is_file():
            top, *rest = path.relative_to(data).parts
            where = f"{top}/" if rest else top
            files[where if rest else "."] += 1
            sizes[where] += path.stat().st_size
    counts = models.published_counts(world.settings)
    with Ledger.open_existing(world.settings.ledger_catalog) as ledger:
        events = ledger.head().position
    return Day(
        day=day,
        events=events,
        articles=counts["articles"],
        process_mb=round(this.memory_info().rss / 1e6, 1),
        allocated_mb=round((heap.heap_used + heap.mmap_used) / 1e6, 1),
        workers_mb=round(sum(worker.memory_info().rss for worker in workers) / 1e6, 1),
        descriptors=this.num_fds(),
        worker_descriptors=sum(worker.num_fds() for worker in workers),
        temporary_files=sum(1 for _ in (folder / "tmp").rglob("*")),
        files=dict(sorted(files.items())),
        megabytes={name: round(size / 1e6, 2) for name, size in sorted(sizes.items())},
    )


def growth(results: list[Day]) -> list[str]:
    """Names of the counts that must not grow but are larger at the end than in the middle."""
    middle, end = results[len(results) // 2 - 1], results[-1]
    looked_at = {
        "descriptors": (middle.descriptors, end.descriptors),
        "descriptors of workers": (middle.worker_descriptors, end.worker_descriptors),
        "temporary files": (middle.temporary_files, end.temporary_files),
        "files of the ledger": (middle.files["ledger/"], end.files["ledger/"]),
        "files in the data directory": (middle.files["."], end.files["."]),
        "memory in MB, by more than a twentieth": (middle.process_mb * MEMORY_SLACK, end.process_mb),
        "memory of workers in MB, by more than a twentieth": (middle.workers_mb * MEMORY_SLACK, end.workers_mb),
    }
    return [f"{name}: {before} -> {after}" for name, (before, after) in looked_at.items() if after > before]


def main(days: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    preload(*ALL_TASKS)
    with tempfile.TemporaryDirectory(prefix="newsledger-soak-") as name:
        folder = Path(name)
        multiprocessing.util.get_temp_dir()  # it is removed at the end of the process, so it must not be in `folder`
        (folder / "tmp").mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")  # to count what is left there
        results = soak(days, folder)
    if grown := growth(results):
        sys.exit("\n".join(grown))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else DAYS)
