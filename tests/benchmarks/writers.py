"""Several processes at once on one ledger: `python -m tests.benchmarks.writers`, one JSON line for each number.

Appends a second of 1, 2 and 4 writers: each makes 10 appends of 100 items, with a catalog in SQLite, with one in
PostgreSQL, and with Parquet files in S3, too. Then pages a second of 1 and 2 workers, from feeds to annotations: each
is a process with a data directory of its own, and they share PostgreSQL and S3. A worker collects its part of the
outlets, and takes turns at what is to be extracted and annotated, in one process (NEWSLEDGER_JOBS=1).

PostgreSQL flushes each commit to the disk, as it does by default; the S3 server is moto's, in memory. Servers, outlets
and workers use the cores of one machine. On a busy machine, compare the lines of one run only.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from pydantic import SecretStr

from pipeline.ledger import Ledger, Run, start_run, verify
from pipeline.places import LedgerPlace, PostgresPlace, S3Place
from pipeline.settings import Settings
from pipeline.sources import Source, load_sources
from pipeline.steps import processing
from pipeline.steps.collect import collect
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores
from pipeline.workers import preload
from tests.benchmarks.polling import cpu_seconds
from tests.worlds.postgres import PostgresServer, binaries
from tests.worlds.s3 import S3Server
from tests.worlds.stories import item

APPENDS, ITEMS = 10, 100
OUTLETS, PAGES = 12, 8


def write(place: LedgerPlace, writer: int, ready: Barrier) -> None:
    with Ledger.open(place) as ledger:
        ready.wait()
        for n in range(APPENDS):
            ledger.append([item(f"{writer}-{n}-{k}") for k in range(ITEMS)], Run(f"writer-{writer}"))


def measure(place: LedgerPlace, writers: int) -> float:
    """Appends a second, from the moment at which all processes have opened the ledger."""
    Ledger.open(place).close()
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(writers + 1)
    processes = [context.Process(target=write, args=(place, writer, ready)) for writer in range(writers)]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    with Ledger.open(place) as ledger:
        assert ledger.head().append_no == writers * APPENDS
        assert verify(ledger).findings == ()
    return writers * APPENDS / seconds


def work(settings: Settings, sources: Sequence[Source], ready: Barrier, spent: SimpleQueue[float]) -> None:
    preload(*processing.ALL_TASKS)
    with Stores(settings, start_run()) as stores:
        ready.wait()
        before = cpu_seconds()
        collect(stores, sources).require_success()
        processing.process(stores, lookback(settings, stores.now())).require_success()
        spent.put(cpu_seconds() - before)


def throughput(settings: Settings, workers: int) -> dict[str, float]:
    """Pages a second from the moment at which all workers have opened the ledger, and CPU seconds of all of them."""
    Ledger.open(settings.ledger_catalog).close()
    sources = load_sources(settings.sources)
    context = multiprocessing.get_context("spawn")
    ready, spent = context.Barrier(workers + 1), context.SimpleQueue()
    processes = [
        context.Process(
            target=work,
            args=(
                settings.model_copy(update={"data": settings.data / str(worker)}),
                sources[worker::workers],
                ready,
                spent,
            ),
        )
        for worker in range(workers)
    ]
    for each in processes:
        each.start()
    ready.wait()
    began = time.perf_counter()
    cpu = sum(spent.get() for _ in processes)
    seconds = time.perf_counter() - began
    for each in processes:
        each.join()
    with Ledger.open(settings.ledger_catalog) as ledger:
        for table in ("article_captured", "article_extracted", "article_annotated"):
            articles = ledger.table(f"select article_id from ledger.{table}")["article_id"].to_pylist()
            assert len(articles) == len(set(articles)) == OUTLETS * PAGES, table
        assert verify(ledger).findings == ()
    return {"workers": workers, "pages_a_second": round(OUTLETS * PAGES / seconds, 1), "cpu_seconds": round(cpu, 1)}


@contextmanager
def outlets(folder: Path) -> Iterator[Path]:
    """The list of the sources that are served meanwhile."""
    command = [sys.executable, "-m", "tests.worlds.small_outlets", str(OUTLETS), str(PAGES), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        yield folder / "sources.toml"
        server.terminate()


def main() -> None:
    programs = binaries()
    if programs is None:
        sys.exit("no PostgreSQL server is installed: apt-get install postgresql")
    with (
        PostgresServer.running(programs, flushes=True) as server,
        S3Server.running() as objects,
        tempfile.TemporaryDirectory() as folder,
    ):
        access = Path(folder, "aws")
        access.write_text(objects.aws_settings)
        os.environ["AWS_CONFIG_FILE"] = str(access)
        for writers in (1, 2, 4):
            data = Path(folder, str(writers))
            local = measure(data / "local" / "ledger.sqlite", writers)
            shared = measure(PostgresPlace(server.new_database(), data / "shared" / "ledger"), writers)
            store = S3Place(objects.new_bucket(), "")
            apart = measure(PostgresPlace(server.new_database(), data / "apart" / "ledger", store), writers)
            line = {
                "writers": writers,
                "sqlite": round(local, 1),
                "postgresql": round(shared, 1),
                "s3": round(apart, 1),
            }
            print(json.dumps(line), flush=True)
        with outlets(Path(folder, "outlets")) as listed:
            for workers in (1, 2):
                settings = Settings(
                    data=Path(folder, f"workers-{workers}"),
                    sources=listed,
                    catalog=SecretStr(server.new_database()),
                    storage=f"s3://{objects.new_bucket()}",
                    allow_hosts=(".localhost",),
                    jobs=1,
                )
                print(json.dumps(throughput(settings, workers)), flush=True)


if __name__ == "__main__":
    main()
