"""What capturing costs, on real pages served on loopback: `python -m tests.benchmarks.capture [PAGES …]`.

For each number of pages, in a process of its own: pages per CPU second, peak memory, bytes on disk, and the CPU cost of
capturing as a share of that of extracting the same pages: whole, and fetch and WARC alone. Needs the evaluation data
beside the checkout.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import msgspec
import psutil

from pipeline.archive.storage import archive_storage
from pipeline.ledger import start_run
from pipeline.settings import Settings
from pipeline.sources import load_sources
from pipeline.steps.collect import collect
from pipeline.steps.extract import pending_captures
from pipeline.steps.extraction_task import extract_capture
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores
from tests.conftest import SHARED
from tests.worlds.running import free_port

PAGES = (500, 2500, 5000)
DATASET = SHARED / "data" / "pages"
REQUESTS_PER_SECOND = 5_000


class Figures(msgspec.Struct, frozen=True):
    pages: int
    captured: int
    capture_cpu_seconds: float
    """All of it: fetch, WARC, reading in worker processes, feeds, the ledger's queries and appends."""
    fetch_cpu_seconds: float
    """CPU time of the thread that fetches and writes WARC records."""
    capture_seconds: float
    peak_mb: float
    archive_mb: float
    ledger_mb: float
    extract_cpu_seconds: float

    def line(self) -> str:
        return (
            f"{self.captured:>6} pages  {self.captured / self.capture_cpu_seconds:6.0f} a CPU second  "
            f"{self.captured / self.capture_seconds:6.0f} a second  peak {self.peak_mb:5.0f} MB  "
            f"archive {self.archive_mb:6.1f} MB  ledger {self.ledger_mb:5.1f} MB  "
            f"of the CPU of extraction: {self.capture_cpu_seconds / self.extract_cpu_seconds:.2f}, "
            f"fetch and WARC alone {self.fetch_cpu_seconds / self.extract_cpu_seconds:.2f}"
        )


def measure(pages: int, port: int, folder: Path) -> Figures:
    """Capture so many pages from the server on `port`, then extract them in this process."""
    settings = Settings(data=folder / "data", sources=folder / "sources.toml", allow_hosts=("127.0.0.1",), jobs=1)
    sources = load_sources(settings.sources)
    with Stores(settings, start_run()) as stores:
        cpu, thread, clock = _cpu_seconds(), time.thread_time(), time.perf_counter()
        result = collect(stores, sources)
        capture_cpu, capture_seconds = _cpu_seconds() - cpu, time.perf_counter() - clock
        fetch_cpu = time.thread_time() - thread
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        captures = pending_captures(stores.ledger, lookback(settings, stores.now()))
        cpu = time.process_time()
        for capture in captures:  # in this process: what workers use is not counted in ours
            extract_capture(archive_storage(settings), stores.now(), capture)
        extract_cpu = time.process_time() - cpu
    return Figures(
        pages=pages,
        captured=result.count("article_captured"),
        capture_cpu_seconds=capture_cpu,
        fetch_cpu_seconds=fetch_cpu,
        capture_seconds=capture_seconds,
        peak_mb=peak_mb,
        archive_mb=_megabytes(settings.archive_root),
        ledger_mb=_megabytes(settings.local_catalog.with_suffix("")),
        extract_cpu_seconds=extract_cpu,
    )


def _cpu_seconds() -> float:
    """CPU time of this process, its fork server, and the worker processes that have ended."""
    spent = [process.cpu_times() for process in (psutil.Process(), *psutil.Process().children())]
    return sum(each.user + each.system + each.children_user + each.children_system for each in spent)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def serving(pages: int, benchmark: str) -> bytes:
    """Serve about so many pages, run `BENCHMARK --one PAGES PORT FOLDER` in a process of its own, return its output."""
    copies = max(1, round(pages / len(list(DATASET.glob("*/gold.json")))))
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        sources = Path(name) / "sources.toml"
        options = ["--copies", str(copies), "--port", str(port), "--sources", str(sources)]
        serve = [sys.executable, str(SHARED / "tools" / "serve_pages.py"), str(DATASET), *options]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            _lift_the_budget(sources)
            one = [sys.executable, "-m", benchmark, "--one", str(pages), str(port), name]
            return subprocess.run(one, check=True, stdout=subprocess.PIPE).stdout
        finally:
            server.terminate()
            server.wait()


def _lift_the_budget(sources: Path) -> None:
    """The cost is to be measured, not the politeness."""
    count = len(tomllib.loads(sources.read_text())["source"])
    text = sources.read_text().replace("\n\n", f"\nrequests_per_second = {REQUESTS_PER_SECOND}\n\n", count)
    sources.write_text(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(msgspec.json.encode(measure(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))).decode())
    else:
        for number in [int(text) for text in sys.argv[1:]] or PAGES:
            figures = serving(number, "tests.benchmarks.capture")
            print(msgspec.json.decode(figures, type=Figures).line(), flush=True)
