"""Events a CPU second, appended and verified: `python -m tests.benchmarks.ledger [ARTICLES]`.

The events are those of synthetic articles in the proportions of a day of news: for each article an item, a capture, an
extraction with a text of 3,000 characters, 6 blocks of boilerplate, 7 quotations, and 13 mentions. Prints one JSON line
for each of: appending them, appending them again, verifying the ledger, and inserting the same rows with DuckDB alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipeline.events import (
    ArticleCaptured,
    ArticleExtracted,
    Block,
    BlockKind,
    BoilerplateStripped,
    EntityMentioned,
    Event,
    MentionKind,
    QuoteExtracted,
    QuoteKind,
    WarcType,
    event_type,
)
from pipeline.ids import digest
from pipeline.ledger import Ledger, Run, verify
from tests.worlds.stories import item

ARTICLES = 4_000
ARTICLES_PER_APPEND = 500
DAY = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
PARAGRAPH = "The harbour master said on Monday that the ferry would sail again „as soon as the weather allows“. " * 5


def events_of_article(number: int) -> Iterator[Event]:
    """The events of one synthetic article."""
    found = item(str(number), title=f"Headline {number}")
    at = DAY + timedelta(minutes=number, microseconds=number)
    page = digest(str(number).encode())
    about: dict[str, Any] = {
        "stream": found.stream,
        "occurred_at": at,
        "source_id": found.source_id,
        "article_id": found.article_id,
    }
    captured = ArticleCaptured(
        **about,
        producer="capture@1",
        caused_by=found.event_id,
        url=found.url,
        final_url=found.url,
        status=200,
        content_type="text/html; charset=utf-8",
        payload_digest=page,
        warc_payload_digest=page,
        bytes=51_234,
        warc_type=WarcType.RESPONSE,
        warc_file="2026/03/02/example.warc.gz",
        warc_offset=number * 9_000,
        warc_length=9_000,
        captured_at=at,
    )
    blocks = tuple(Block(BlockKind.PARAGRAPH, PARAGRAPH) for _ in range(6))
    extracted = ArticleExtracted(
        **about,
        producer="extract@1",
        caused_by=captured.event_id,
        url=found.url,
        payload_digest=page,
        headline=found.title,
        blocks=blocks,
        text="\n\n".join(block.text for block in blocks),
        authors=("Ann Marsh",),
        published_at=at,
        word_count=510,
        text_digest=page,
    )
    yield from (found, captured, extracted)
    about["caused_by"] = extracted.event_id
    for n in range(6):
        yield BoilerplateStripped(
            **about,
            producer="extract@1",
            block_no=n,
            rule="related_links",
            kind="read_also",
            text=f"More on this: headline {n}",
        )
    about["producer"] = "annotate@1"
    for n in range(7):
        yield QuoteExtracted(
            **about,
            text="as soon as the weather allows",
            start_char=100 * n,
            end_char=100 * n + 29,
            kind=QuoteKind.DIRECT,
            speaker="The harbour master",
            cue="said",
            rule="verb_before",
            confidence=0.9,
        )
    for n in range(13):
        yield EntityMentioned(
            **about,
            kind=MentionKind.PERSON,
            surface="Ann Marsh",
            name="Ann Marsh",
            start_char=100 * n,
            end_char=100 * n + 9,
            role="harbour master",
            rule="full_name",
            confidence=0.95,
        )


def measure(folder: Path, articles: int) -> None:
    """Append the events of these articles, append them again, verify, and insert the same rows with DuckDB alone."""
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        costs = {"append": Cost(), "append what is known": Cost(), "verify": Cost(), "plain DuckDB": Cost()}
        for what in ("append", "append what is known"):
            for start in range(0, articles, ARTICLES_PER_APPEND):
                numbers = range(start, min(start + ARTICLES_PER_APPEND, articles))
                events = [event for n in numbers for event in events_of_article(n)]
                costs[what].add(len(events), partial(ledger.append, events, Run("benchmark")))
        costs["verify"].add(ledger.head()[0], lambda: verify(ledger))
        with duckdb.connect(folder / "plain.duckdb", config={"threads": 1}) as con:
            for cls in {type(event) for event in events_of_article(0)}:
                table = ledger.table(f"from ledger.{event_type(cls)}")
                costs["plain DuckDB"].add(len(table), partial(con.from_arrow(table).create, event_type(cls)))
    for what, cost in costs.items():
        print(json.dumps({"what": what} | cost.report()))


class Cost:
    """The events that an operation has dealt with so far, and the CPU seconds that this took."""

    def __init__(self) -> None:
        self.events = 0
        self.cpu_seconds = 0.0

    def add(self, events: int, operation: Callable[[], object]) -> None:
        before = time.process_time()
        operation()
        self.cpu_seconds += time.process_time() - before
        self.events += events

    def report(self) -> dict[str, float]:
        return {
            "events": self.events,
            "cpu_seconds": round(self.cpu_seconds, 2),
            "events_per_cpu_second": round(self.events / self.cpu_seconds),
        }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
