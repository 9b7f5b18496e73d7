"""What a thousand appends cost a reader, and what maintenance makes of them: `python -m tests.benchmarks.maintenance`.

Before and after merging: the ledger's files and bytes, the time of a daily aggregate over it (best of five) and of an
append, and the time for which the longest slice of merging kept appends waiting.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.ledger import Ledger, Run
from pipeline.steps.maintain import delete_superseded, merge_files
from pipeline.steps.run.progress import Progress
from tests.worlds.stories import item

APPENDS = 1_000
EVENTS_PER_APPEND = 100
DAILY = """
    select cast(occurred_at as date) as day, source_id, count(*), count(distinct article_id), max(position)
    from ledger.item_discovered group by all order by all
"""


def measure(folder: Path, appends: int) -> None:
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        began = time.perf_counter()
        for n in range(appends):
            ledger.append([item(f"{n}-{k}") for k in range(EVENTS_PER_APPEND)], Run("benchmark"))
        per_append = (time.perf_counter() - began) / appends
        print(f"{appends} appends of {EVENTS_PER_APPEND} events, {per_append * 1000:.0f} ms each")
        append_before, before = _append_ms(ledger, 1), _aggregate_ms(ledger)
        slices: list[float] = []
        began = time.perf_counter()

        def on_progress(tick: Progress) -> None:
            slices.append(time.perf_counter())

        merging = merge_files(ledger, on_progress)
        seconds = time.perf_counter() - began
        longest = max(b - a for a, b in zip([began, *slices], slices, strict=False))
        append_after, after = _append_ms(ledger, 2), _aggregate_ms(ledger)
        print(f"daily aggregate  {before:8.1f} ms -> {after:8.1f} ms")
        print(f"an append        {append_before:8.1f} ms -> {append_after:8.1f} ms")
        print(f"ledger files     {merging.before.files:8} -> {merging.after.files:8}")
        print(f"ledger MB        {merging.before.bytes / 1e6:8.1f} -> {merging.after.bytes / 1e6:8.1f}")
        print(f"merged in {seconds:.1f} s, the longest slice {longest:.1f} s")
        deleted = delete_superseded(ledger, datetime.now(UTC) + timedelta(days=2))
        print(f"a day later {deleted} replaced files are deleted")


def _append_ms(ledger: Ledger, turn: int) -> float:
    began = time.perf_counter()
    ledger.append([item(f"turn {turn}-{k}") for k in range(EVENTS_PER_APPEND)], Run("benchmark"))
    return (time.perf_counter() - began) * 1000


def _aggregate_ms(ledger: Ledger) -> float:
    return min(_timed_ms(ledger) for _ in range(5))


def _timed_ms(ledger: Ledger) -> float:
    began = time.perf_counter()
    ledger.table(DAILY)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), int(sys.argv[1]) if sys.argv[1:] else APPENDS)
