"""What queries cost: `python -m tests.benchmarks.queries [EVENTS | DATA …]`.

With a number of events, the ledger's queries with one thread of DuckDB and with two. In turn on the same ledger, best
of ten, in milliseconds of wall and of CPU: queries that every run asks, and the two of `newsledger status`, which count
everything.

With data directories, the queries of sql/queries and a search of two words on their published files: one JSON line for
each, with seconds of CPU. Each query runs twice in a session of its own, and the better one counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipeline.cli.named_queries import load_queries
from pipeline.ledger import Ledger, Run
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.session import connect
from pipeline.ledger.sql import statement
from pipeline.steps.maintain import merge_files
from pipeline.steps.run.progress import ignore_progress
from tests.worlds.stories import item

EVENTS = 300_000
EVENTS_PER_APPEND = 10_000
WEEK = timedelta(days=7)
TERM = "harbour"
"""A word of all synthetic articles (tests/benchmarks/models.py): the dearest term to ask for."""
SEARCH = "select article_id, score from search('monday harbour') limit 20"


def measure(folder: Path, events: int) -> None:
    now = datetime.now(UTC)
    queries: dict[str, dict[str, Any]] = {
        "polls_of_run": {"run_id": "none"},
        "known_sources": {},
        "known_items": {"source_ids": ["example"], "recall_start": now - WEEK},
        "items_without_capture": {"start": now - WEEK, "end": now, "source_ids": ["example"]},
        "totals": {"run_ids": ["none"]},
        "feed_status": {},
    }
    path = folder / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        for n in range(0, events, EVENTS_PER_APPEND):
            ledger.append([item(f"{n + k}") for k in range(min(EVENTS_PER_APPEND, events - n))], Run("benchmark"))
        merge_files(ledger, ignore_progress)
    print(f"{f'{events} events':24}{'1 thread':>23}{'2 threads':>23}")
    with connect(catalog_at(path)) as con:
        for name, values in queries.items():
            costs = [_best(con, threads, name, values) for threads in (1, 2)]
            print(f"{name:24}" + "".join(f"  {wall:7.1f} ({cpu:7.1f} CPU)" for wall, cpu in costs))


def _best(con: duckdb.DuckDBPyConnection, threads: int, name: str, values: dict[str, Any]) -> tuple[float, float]:
    con.execute(f"set threads = {threads}")
    costs = []
    for _ in range(10):
        wall, cpu = time.perf_counter(), time.process_time()
        con.execute(statement(name), values).fetchall()
        costs.append((1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)))
    return min(costs)


def measure_named(news: Path) -> dict[str, Any]:
    """CPU seconds of each query on a published file, with all threads, the dearest first."""
    texts = {name: query.text for name, query in load_queries().items()} | {"search": SEARCH}
    costs = {name: min(_cost(news, text) for _ in range(2)) for name, text in texts.items()}
    with duckdb.connect(news, read_only=True) as con:
        ((articles,),) = con.table("articles").count("*").fetchall()
    return {"articles": articles, "cpu_seconds": dict(sorted(costs.items(), key=lambda each: -each[1]))}


def _cost(news: Path, text: str) -> float:
    with duckdb.connect(news, read_only=True) as con:
        con.execute("set variable term = $term", {"term": TERM})
        before = time.process_time()
        con.execute(text).fetchall()
        return round(time.process_time() - before, 3)


if __name__ == "__main__":
    folders = [Path(each) for each in sys.argv[1:] if not each.isdigit()]
    for each in folders:
        print(json.dumps(measure_named(each / "news.duckdb")), flush=True)
    if folders:
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
