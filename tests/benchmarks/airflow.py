"""What a daily run costs in Airflow, compared with `newsledger ingest`: `python -m tests.benchmarks.airflow [COUNT …]`.

For each number of small outlets, both collect the same pages into a new data directory, from the same server. CPU
seconds are those of all processes: of the command, and of Airflow from the trigger of the run to its end, with its
scheduler, API server and DAG processor. Both have done a run over one outlet before, so that nothing is done for the
first time. Other load changes the seconds, less so their ratio.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from tests.e2e.airflow_api import AirflowApi
from tests.worlds.running import COMMAND, free_port
from tests.worlds.small_outlets import source_id

COUNTS = (90, 500)
PAGES = 10
"""Pages of each outlet."""
RUN_SECONDS = 1800.0


class Cost(msgspec.Struct, frozen=True):
    cpu_seconds: float
    seconds: float


@contextmanager
def outlets(count: int, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the outlets; yields the environment of a run over them."""
    serve = [sys.executable, "-m", "tests.worlds.small_outlets", str(count), str(PAGES), str(folder)]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield {
            "NEWSLEDGER_SOURCES": str(folder / "sources.toml"),
            "NEWSLEDGER_ALLOW_HOSTS": ".localhost",
            "NEWSLEDGER_WAYBACK_URL": "",
        }
    finally:
        server.terminate()
        server.wait()


def by_command(environment: dict[str, str]) -> Cost:
    def ingest(*options: str) -> None:
        subprocess.run([COMMAND, "ingest", *options], env=os.environ | environment, check=True, capture_output=True)

    ingest("--source", source_id(0))
    before, began = _cpu(), time.monotonic()
    ingest()
    return Cost(_cpu() - before, time.monotonic() - began)


def by_airflow(environment: dict[str, str]) -> Cost:
    port = free_port()
    sources = Path(environment["NEWSLEDGER_SOURCES"])
    all_sources = sources.read_text()
    sources.write_text(all_sources[: all_sources.index("[[source]]", 20)])
    command = [str(COMMAND), "airflow", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        api = AirflowApi(f"http://127.0.0.1:{port}", process.stdout.readline().split("password ")[1].split()[0])
        api.wait_for(lambda runs: len(runs) >= 3 and all(run.has_ended for run in runs))
        api.pause("poll_hourly")
        sources.write_text(all_sources)
        before = _cpu()
        run = api.wait_for_end(api.trigger("ingest_daily", {}), RUN_SECONDS)
        assert run.state == "success", run
        return Cost(_cpu() - before, run.seconds)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _cpu() -> float:
    """CPU seconds of all processes that this one has started, those that have ended included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = used.ru_utime + used.ru_stime
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def measure(count: int) -> tuple[Cost, Cost]:
    """The costs by the command and by Airflow."""
    with tempfile.TemporaryDirectory() as name, outlets(count, Path(name)) as environment:
        command = by_command(environment | {"NEWSLEDGER_DATA": f"{name}/command"})
        return command, by_airflow(environment | {"NEWSLEDGER_DATA": f"{name}/airflow"})


if __name__ == "__main__":
    for number in [int(text) for text in sys.argv[1:]] or COUNTS:
        command, airflow = measure(number)
        print(
            f"{number:>5} outlets, {PAGES} pages each:"
            f"  command {command.cpu_seconds:6.1f} CPU s {command.seconds:6.1f} s"
            f"  Airflow {airflow.cpu_seconds:6.1f} CPU s {airflow.seconds:6.1f} s"
            f"  ratio {airflow.cpu_seconds / command.cpu_seconds:.2f}",
            flush=True,
        )
