"""What a build of the models costs: `python -m tests.benchmarks.models [ARTICLES …]`.

A ledger is filled with synthetic articles, 300 a day, up to each of the given numbers: through its own append, and
above 100,000 with copies of these that have other ids, addresses, times, and numbers in their texts. Then
`newsledger models` and `newsledger publish` run in processes of their own: on an empty file, with nothing new, after 20
new articles, and after 5,000. An article has about 30 events: items, captures, an extraction with a text of 3,000
characters, 6 blocks of boilerplate, 7 quotations and 13 mentions of persons of whom few are named often. One in ten is
revised (its last sentence is replaced by two), one in fifty gets a second address, one in ten comes with a revisit of
an older one.

Prints one JSON line a size: CPU seconds and peak memory of each build, the size of the published file, and that of its
largest tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from pipeline.events import Event, JoinEvidence, QuoteKind, RevisitOutcome
from pipeline.ledger import Ledger, Run
from pipeline.settings import Settings
from tests.benchmarks.ledger import insert_copy
from tests.worlds.stories import (
    annotated,
    captured,
    discovered,
    extracted,
    joined,
    mentioned,
    polled,
    quoted,
    revisited,
    stripped,
)

SIZES = (10_000,)
ARTICLES_PER_DAY = 300
ARTICLES_PER_APPEND = 500
SOURCES = 30
COPIED = 100_000
"""Articles whose events are made one by one, at 600 a CPU second. A larger ledger has copies of them."""
FIRST_DAY = datetime(2024, 1, 1, 5, tzinfo=UTC)
GIVEN = [f"{first}{last}" for first in "ABCDEFGHIJKLMNOPQRST" for last in ("nna", "ert", "illo", "ora", "ust")]
FAMILY = [
    f"{first}{last}" for first in ("Mar", "Bro", "Hil", "Fie", "Wal", "Kes") for last in ("sh", "dt", "ton", "ler")
]


def events_of_article(number: int) -> Iterator[Event]:
    """All events of one article; of the same number, always the same."""
    random = Random(number)
    source = f"source{number % SOURCES}"
    when = FIRST_DAY + timedelta(days=number // ARTICLES_PER_DAY, seconds=number % ARTICLES_PER_DAY)
    if number % ARTICLES_PER_DAY < SOURCES:
        yield polled(f"https://{source}.example/feed", when, items=20, new_items=10, overlap=True)
    item = discovered(f"https://{source}.example/{number}", when, published_at=when, title=f"Headline {number}")
    page = captured(item, f"page {number}", when + timedelta(minutes=5))
    yield item
    yield page
    lines = _lines(random, number)
    yield from _reading(page, lines, number)
    if number % 10 == 0:
        again = captured(page, f"page {number} again", when + timedelta(hours=6))
        yield again
        yield from _reading(again, [*lines[:-1], *_lines(random, number)[-2:]], number)
    if number % 50 == 1:
        other = discovered(f"{item.url}?print=1", when, published_at=when)
        yield other
        yield joined(item, other, JoinEvidence.CANONICAL, when)
    if number % 10 == 5 and number > 2_000:
        old = _old_page(number - random.randint(1_000, 2_000))
        yield revisited(old, old, RevisitOutcome.UNCHANGED, when)


def _old_page(number: int) -> Any:
    return next(event for event in events_of_article(number) if type(event).__name__ == "ArticleCaptured")


def _lines(random: Random, number: int) -> list[str]:
    return [
        f"{_name(random)} said in the town hall on Monday, item {number}-{n}, that „{random.random()} boats will sail"
        " soon“ and that nobody at the harbour had been told about the closing of the gates before the storm came up."
        for n in range(13)
    ]


def _reading(page: Any, lines: list[str], number: int) -> Iterator[Event]:
    names = [line.partition(" said ")[0] for line in lines]
    read = extracted(page, f"Headline {number}", "\n".join(lines), published_at=page.captured_at, language="en")
    yield read
    for n in range(6):
        yield stripped(read, n + 1, "video_caption")
    yield annotated(read, "annotate@1", quotes=7, mentions=13)
    for name, line in zip(names, lines[:7], strict=False):
        yield quoted(read, line.partition("„")[2].partition("“")[0], "annotate@1", kind=QuoteKind.DIRECT, person=name)
    place = 0
    for name in names:
        place = read.text.index(name, place)
        yield mentioned(read, name, "annotate@1", name=name, start_char=place, role="harbour master")
        place += len(name)


def _name(random: Random) -> str:
    """Few persons are named often, most seldom: 2,400 names."""
    rank = int(random.paretovariate(0.6)) % (len(GIVEN) * len(FAMILY))
    return f"{GIVEN[rank % len(GIVEN)]} {FAMILY[rank // len(GIVEN)]}"


def measure(folder: Path, sizes: list[int]) -> None:
    for size in sizes:
        settings = Settings(data=folder / str(size))
        filled = fill(settings, folder / "copied", size)
        report: dict[str, Any] = {"articles": size, "anew": run(settings, "models", "--anew")}
        run(settings, "publish")
        report["nothing new"] = run(settings, "models")
        for new in (20, 5_000):
            filled = append(settings, filled, filled + new)
            report[f"{new} new"] = run(settings, "models")
            report[f"{new} new"]["publish_cpu_seconds"] = run(settings, "publish")["cpu_seconds"]
        print(json.dumps(report | sizes_of(settings.news_file)), flush=True)


def fill(settings: Settings, copied: Path, size: int) -> int:
    """Record so many articles, and return the number of the next one."""
    if size <= COPIED:
        return append(settings, 0, size)
    originals = Settings(data=copied)
    if not copied.exists():
        append(originals, 0, COPIED)
    span = timedelta(days=COPIED // ARTICLES_PER_DAY + 1)
    with Ledger.open(originals.ledger_catalog) as scratch, Ledger.open(settings.ledger_catalog) as ledger:
        for copy in reversed(range(size // COPIED)):
            insert_copy(scratch, ledger, copy, span)
    return append(settings, COPIED, COPIED + size % COPIED)


def append(settings: Settings, first: int, last: int) -> int:
    with Ledger.open(settings.ledger_catalog) as ledger:
        for start in range(first, last, ARTICLES_PER_APPEND):
            numbers = range(start, min(start + ARTICLES_PER_APPEND, last))
            ledger.append([event for number in numbers for event in events_of_article(number)], Run(f"run {start}"))
    return last


def run(settings: Settings, *command: str) -> dict[str, float]:
    """CPU seconds and peak memory of a command, its children included."""
    newsledger = Path(sys.executable).with_name("newsledger")
    process = subprocess.Popen([newsledger, *command, "--data", settings.data], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"newsledger {' '.join(command)} failed")
    return {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1), "memory_mb": round(usage.ru_maxrss / 1024)}


def sizes_of(news: Path) -> dict[str, Any]:
    with duckdb.connect(news, read_only=True) as con:
        (block,) = con.execute("select block_size from pragma_database_size()").fetchone() or (0,)
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        blocks = {
            name: con.execute(
                "select count(distinct block_id) from pragma_storage_info(?) where persistent", [name]
            ).fetchone()
            for (name,) in tables
        }
    megabytes = {name: round(found[0] * block / 1e6, 1) for name, found in blocks.items() if found}
    largest = dict(sorted(megabytes.items(), key=lambda each: -each[1])[:12])
    return {"published_mb": round(news.stat().st_size / 1e6), "tables_mb": largest}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        measure(Path(data), sorted(map(int, sys.argv[1:])) or list(SIZES))
