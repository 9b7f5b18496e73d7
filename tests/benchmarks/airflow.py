"""What a daily run costs in Airflow, compared with `newsledger ingest`: `python -m tests.benchmarks.airflow [90x30 …]`.

90x30 are 90 outlets with 30 pages each; with `poll:90x30`, `poll_hourly` is compared with `newsledger poll`. Both
collect the same pages into a new data directory, from the same server. CPU seconds are those of all processes: of the
command with its workers, and of Airflow from the trigger of the run to its end, with its scheduler, API server and DAG
processor. What those three cost without a run is measured before and given for comparison, and then what each part of
Airflow has cost. Both have done a run over one outlet before, so that nothing is done for the first time. Other load
changes the seconds, less so their ratio.

The last line is about the start of Airflow in an empty folder: seconds until its database was there, until all of it
was healthy, until the first task ran, and until that run over one outlet had ended.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from tests.e2e.airflow_api import AirflowApi
from tests.worlds.running import COMMAND, free_port
from tests.worlds.small_outlets import source_id

SIZES = ("90x30", "500x6")
"""Outlets and pages of each: a usual feed, and a long list of which few outlets have much that is new."""
RUN_SECONDS = 3600.0
IDLE_SECONDS = 20.0
ASKED_EVERY_SECONDS = 5.0
"""So that the question whether the run has ended costs nothing worth counting."""
_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl(2)."""


Work = Literal["ingest", "poll"]
DAGS: Mapping[Work, str] = {"ingest": "ingest_daily", "poll": "poll_hourly"}


class Cost(msgspec.Struct, frozen=True):
    cpu_seconds: float
    seconds: float
    idle_cpu_per_second: float = 0.0
    """CPU seconds per second that Airflow uses without a run."""
    parts: Mapping[str, float] = {}
    """CPU seconds of each component of Airflow and of the tasks with their workers."""
    first_start: Mapping[str, float] = {}
    """Seconds from the command in an empty folder to the end of each phase."""

    def line(self) -> str:
        return f"{self.cpu_seconds:6.1f} CPU s in {self.seconds:6.1f} s"


@contextmanager
def outlets(count: int, pages: int, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the outlets; yields the environment of a run over them."""
    serve = [sys.executable, "-m", "tests.worlds.small_outlets", str(count), str(pages), str(folder)]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield {
            "NEWSLEDGER_SOURCES": str(folder / "sources.toml"),
            "NEWSLEDGER_ALLOW_HOSTS": ".localhost",
            "NEWSLEDGER_WAYBACK_URL": "",
            "XDG_STATE_HOME": str(folder),
        }
    finally:
        server.terminate()
        server.wait()


def by_command(work: Work, environment: dict[str, str]) -> Cost:
    def run(*options: str) -> None:
        subprocess.run([COMMAND, work, *options], env=os.environ | environment, check=True, capture_output=True)

    run("--source", source_id(0))
    before, began = _cpu(), time.monotonic()
    run()
    return Cost(_cpu() - before, time.monotonic() - began)


def by_airflow(work: Work, environment: dict[str, str]) -> Cost:
    port, began = free_port(), time.time()
    sources = Path(environment["NEWSLEDGER_SOURCES"])
    all_sources = sources.read_text()
    sources.write_text(all_sources[: all_sources.index("[[source]]", 20)])
    command = [str(COMMAND), "airflow", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        api = AirflowApi(f"http://127.0.0.1:{port}", process.stdout.readline().split("password ")[1].split()[0])
        healthy = time.time()
        (first,) = api.wait_for(lambda runs: len(runs) > 0 and all(run.has_ended for run in runs), DAGS["ingest"])
        assert first.start_date and first.end_date
        phases = {
            "database": (Path(environment["NEWSLEDGER_DATA"]) / "airflow" / "migrated_by").stat().st_mtime,
            "healthy": healthy,
            "first task": min(task.start_date for task in api.tasks(first) if task.start_date).timestamp(),
            "first run": first.end_date.timestamp(),
        }
        if work == "ingest":
            api.pause("poll_hourly")
        sources.write_text(all_sources)
        before = _cpu()
        time.sleep(IDLE_SECONDS)
        idle = (_cpu() - before) / IDLE_SECONDS
        before, parts = _cpu(), _components(process.pid)
        run = api.wait_for_end(api.trigger(DAGS[work], {}), RUN_SECONDS, ASKED_EVERY_SECONDS)
        assert run.state == "success", run
        used = _cpu() - before
        costs = {name: cpu - parts[name] for name, cpu in _components(process.pid).items()}
        parts = {**costs, "tasks": used - sum(costs.values())}
        return Cost(used, run.seconds, idle, parts, {name: ended - began for name, ended in phases.items()})
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _adopt_orphans() -> None:
    """Become the parent of orphaned descendants, such as the fork servers of commands that have ended: so that what
    they have used can be counted."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _cpu() -> float:
    """CPU seconds of all processes that this one has started, those that have ended included, but the server's."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = used.ru_utime + used.ru_stime
    for process in psutil.Process().children(recursive=True):
        try:
            is_zombie = process.status() == psutil.STATUS_ZOMBIE  # an orphan that has ended; it has no command
            if not is_zombie and any("small_outlets" in word for word in process.cmdline()):
                continue
            total += _own_cpu(process)
        except psutil.NoSuchProcess:
            continue
    return total


def _own_cpu(process: psutil.Process) -> float:
    """CPU seconds of the process and of its children that have ended."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _components(pid: int) -> dict[str, float]:
    """CPU seconds of Airflow's components, without the tasks, which are children of the scheduler."""
    started = sorted(psutil.Process(pid).children(), key=lambda process: process.create_time())
    costs = {}
    for name, process in zip(("api-server", "dag-processor", "scheduler", "triggerer"), started, strict=False):
        times = process.cpu_times()
        costs[name] = times.user + times.system
        if name != "scheduler":
            costs[name] += sum(map(_own_cpu, process.children(recursive=True)))
            costs[name] += times.children_user + times.children_system
    return costs


def measure(work: Work, count: int, pages: int) -> tuple[Cost, Cost]:
    """The costs by the command and by Airflow."""
    with tempfile.TemporaryDirectory() as name, outlets(count, pages, Path(name)) as environment:
        command = by_command(work, environment | {"NEWSLEDGER_DATA": f"{name}/command"})
        return command, by_airflow(work, environment | {"NEWSLEDGER_DATA": f"{name}/airflow"})


if __name__ == "__main__":
    _adopt_orphans()
    for size in sys.argv[1:] or SIZES:
        named, _, numbers = size.rpartition(":")
        work: Work = "poll" if named == "poll" else "ingest"
        command, airflow = measure(work, *map(int, numbers.split("x")))
        print(
            f"{size:>11}  command {command.line()}  Airflow {airflow.line()}"
            f"  ratio {airflow.cpu_seconds / command.cpu_seconds:.2f}"
            f"  (Airflow without a run: {airflow.idle_cpu_per_second:.2f} CPU s a second)\n"
            f"             {', '.join(f'{name} {seconds:.1f}' for name, seconds in airflow.parts.items())}\n"
            f"             first start: {', '.join(f'{name} {at:.1f}' for name, at in airflow.first_start.items())}",
            flush=True,
        )
