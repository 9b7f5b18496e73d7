"""Appends a second of 1, 2 and 4 processes to one ledger: `python -m tests.benchmarks.writers`, one JSON line for each.

Each process makes 10 appends of 100 items: with a catalog in SQLite, with one in PostgreSQL, and with Parquet files in
S3, too, each in a server of its own. PostgreSQL flushes nothing to disk here, so its figures are those of a fast disk;
the S3 server is moto's, in memory. On a busy machine, compare the lines of one run only.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from pipeline.ledger import Ledger, Run, verify
from pipeline.settings import LedgerPlace, PostgresPlace, S3Place
from tests.worlds.postgres import PostgresServer, binaries
from tests.worlds.s3 import S3Server
from tests.worlds.stories import item

APPENDS, ITEMS = 10, 100


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


def main() -> None:
    programs = binaries()
    if programs is None:
        sys.exit("no PostgreSQL server is installed: apt-get install postgresql")
    with (
        PostgresServer.running(programs) as server,
        S3Server.running() as objects,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = Path(folder, "aws")
        settings.write_text(objects.aws_settings)
        os.environ["AWS_CONFIG_FILE"] = str(settings)
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


if __name__ == "__main__":
    main()
