"""What a page costs from its feed to news.duckdb: `python -m tests.benchmarks.ingest [PAGES …]`.

For each number of pages, in a process of its own, real pages served on loopback go through all steps. Prints one JSON
line: pages a second, CPU and wall seconds of each step, and what the pages take on disk and in memory. Needs the
evaluation data beside the checkout.

A page is served under several addresses with one rel=canonical, so the marts have fewer articles than pages.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil

from pipeline import models
from pipeline.ledger import start_run
from pipeline.settings import Settings
from pipeline.sources import load_sources
from pipeline.steps.collect import collect
from pipeline.steps.processing import PROCESSING_STEPS
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores
from tests.benchmarks.capture import serving

PAGES = (500, 2500)


class StepCost(msgspec.Struct, frozen=True):
    """What one step cost, with its worker processes."""

    cpu_seconds: float
    seconds: float


class IngestCost(msgspec.Struct, frozen=True):
    """What a whole run cost."""

    pages: int
    articles: int
    pages_a_second: float
    pages_a_cpu_second: float
    steps: dict[str, StepCost]
    megabytes: dict[str, float]
    """On disk, by file or folder of the data directory."""
    peak_megabytes: float
    """Memory of the process, without its workers."""


def measure(port: int, folder: Path) -> IngestCost:
    """Run all steps on the outlets that the server on `port` has."""
    settings = Settings(data=folder / "data", sources=folder / "sources.toml", allow_hosts=("127.0.0.1",))
    costs: dict[str, StepCost] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        cpu, clock = _cpu_seconds(), time.perf_counter()
        result = step()
        costs[name] = StepCost(round(_cpu_seconds() - cpu, 2), round(time.perf_counter() - clock, 2))
        return result

    with Stores(settings, start_run()) as stores:
        collected = timed("collect", lambda: collect(stores, load_sources(settings.sources)))
        for step in PROCESSING_STEPS:
            timed(step.name, partial(step.run, stores, lookback(settings, stores.now())))
    timed("models", lambda: models.build(settings))
    timed("publish", lambda: models.publish(settings))
    pages = collected.count("article_captured")
    return IngestCost(
        pages=pages,
        articles=models.published_counts(settings)["articles"],
        pages_a_second=round(pages / sum(each.seconds for each in costs.values()), 1),
        pages_a_cpu_second=round(pages / sum(each.cpu_seconds for each in costs.values()), 1),
        steps=costs,
        megabytes={path.name: _megabytes(path) for path in sorted(settings.data.iterdir())},
        peak_megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6, 2)


def _cpu_seconds() -> float:
    """CPU time of this process and of all that it started, also of those that still run."""
    spent = [process.cpu_times() for process in (psutil.Process(), *psutil.Process().children(recursive=True))]
    return sum(each.user + each.system + each.children_user + each.children_system for each in spent)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(msgspec.json.encode(measure(int(sys.argv[3]), Path(sys.argv[4]))).decode())
    else:
        for number in [int(text) for text in sys.argv[1:]] or PAGES:
            print(serving(number, "tests.benchmarks.ingest").decode().strip(), flush=True)
