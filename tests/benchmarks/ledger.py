"""What the ledger costs at several sizes: `python -m tests.benchmarks.ledger [EVENTS…]`, one JSON line for each.

The events are those of synthetic articles in the proportions of news: for each article an item, a capture, an
extraction with a text of 3,000 characters, 6 blocks of boilerplate, 7 quotations and 13 mentions, and polls. There are
278 articles a day, so 1,000,000 events fill all windows of time that queries look back to (90 days), and what grows
from there is the archive.

The newest 120,000 events are appended as a run does it. Before them are copies of these events with other ids and
earlier times, inserted by DuckDB, with positions and a chain of digests like those of appends: it all verifies.

Each line has events per CPU second for appending, appending again what is known, and verifying everything; and CPU
seconds of the append that makes the index of ids, of one small append after it, of verifying from the checkpoint, of
each query for what is pending, of `status`, and of an `ingest` of 500 new items from a server on loopback, in the
process that uses the ledger (the work of its worker processes does not depend on the ledger). Beside them, for the
newest events, plain DuckDB without ids, duplicates and chain; and the library `eventsourcing` on SQLite, if it is
installed (`pip install eventsourcing`; nothing else here needs it).
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from string import digits
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from pipeline import annotate, extract
from pipeline.events import (
    EVENT_TYPES,
    ArticleAnnotated,
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
from pipeline.ledger import Ledger, Run
from pipeline.ledger.canonical import canonical_lines
from pipeline.ledger.log import chain_digest, utc_now
from pipeline.ledger.rows import table_schema
from pipeline.monitor.state import read_state
from pipeline.settings import Settings
from pipeline.steps.capture import pending_pages
from pipeline.steps.maintain import merge_files
from pipeline.steps.processing import PROCESSING_STEPS
from pipeline.steps.revisit import due_pages
from pipeline.steps.run.run_interval import lookback
from pipeline.verification.installation import verify_installation
from tests.worlds.loopback import WebServer
from tests.worlds.stories import discovered, polled
from tests.worlds.world import PARAGRAPHS, World

SIZES = (1_000_000,)
ARTICLES = 4_000
"""Articles whose events are appended, and copied for larger sizes."""
ARTICLES_PER_APPEND = 500
APPENDS_AT_ONCE = 10
"""How many are copied in one transaction: their events are in memory."""
ARTICLES_PER_POLL = 24
SOURCES = 20
ARTICLES_A_DAY = 278
NEW_ITEMS = 500
SPAN = timedelta(days=ARTICLES / ARTICLES_A_DAY)
PARAGRAPH = "The harbour master said on Monday that the ferry would sail again „as soon as the weather allows“. " * 5


def events_of_article(number: int, at: datetime) -> Iterator[Event]:
    """The events of one synthetic article, and at times those of a poll."""
    source = f"source-{number % SOURCES}"
    if number % ARTICLES_PER_POLL < SOURCES:
        yield polled(f"https://{source}.example/feed.xml", at, items=20, new_items=ARTICLES_PER_POLL)
    found = discovered(f"https://{source}.example/{number}", at, source_id=source, title=f"Headline {number}")
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
        warc_file=f"{at:%Y/%m/%d}/example.warc.gz",
        warc_offset=number * 9_000,
        warc_length=9_000,
        captured_at=at,
    )
    blocks = tuple(Block(BlockKind.PARAGRAPH, PARAGRAPH) for _ in range(6))
    extracted = ArticleExtracted(
        **about,
        producer=extract.PRODUCER,
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
            producer=extract.PRODUCER,
            block_no=n,
            rule="related_links",
            kind="read_also",
            text=f"More on this: headline {n}",
        )
    about["producer"] = annotate.PRODUCER
    yield ArticleAnnotated(**about, language="en", quotes=7, mentions=13)
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


def events_before(number: int, now: datetime) -> list[Event]:
    """The events of the articles of one append; the last article of all is published now."""
    first, end = number, min(number + ARTICLES_PER_APPEND, ARTICLES)
    return [event for n in range(first, end) for event in events_of_article(n, now - SPAN * (1 - (n + 1) / ARTICLES))]


def measure(folder: Path, web: WebServer, size: int) -> Mapping[str, Any]:
    """The costs at this number of events."""
    now, world = utc_now(), World(folder, web)
    appends = [events_before(number, now) for number in range(0, ARTICLES, ARTICLES_PER_APPEND)]
    events = sum(map(len, appends))
    settings = world.settings
    with Ledger.open(folder / "scratch.sqlite") as scratch, Ledger.open(settings.ledger_catalog) as ledger:
        for batch in appends:
            scratch.append(batch, Run("benchmark"))
        for copy in reversed(range(1, -(-size // events))):
            insert_copy(scratch, ledger, copy, SPAN)
        merge_files(ledger)
        costs: dict[str, Any] = {"events": ledger.head().position + events}
        costs["id_index_cpu_seconds"] = cpu(partial(ledger.append, one_more_append(now), Run("benchmark")))
        for what in ("append", "append_known"):
            cpu_seconds = sum(cpu(partial(ledger.append, batch, Run("benchmark"))) for batch in appends)
            costs[f"{what}_events_per_cpu_second"] = round(events / cpu_seconds)
        costs["append_600_events_cpu_seconds"] = cpu(
            partial(ledger.append, one_more_append(now, ARTICLES + 20), Run("benchmark"))
        )
        full = cpu(lambda: sound(settings, ledger, full=True))
        costs["verify_events_per_cpu_second"] = round(ledger.head().position / full)
        costs["verify_from_checkpoint_cpu_seconds"] = cpu(lambda: sound(settings, ledger, full=False))
        costs["pending_cpu_milliseconds"] = pending(settings, ledger)
        costs["plain_duckdb_events_per_cpu_second"] = plain_duckdb(scratch, folder / "plain.duckdb")
    costs["status_cpu_seconds"] = cpu(lambda: read_state(settings, utc_now()))
    costs[f"ingest_{NEW_ITEMS}_items_cpu_seconds"] = ingest(world)
    costs["eventsourcing_events_per_cpu_second"] = eventsourcing(appends[0], folder / "eventsourcing.sqlite")
    costs["ledger_megabytes"] = sum(path.stat().st_size for path in settings.data.rglob("*.parquet")) // 1_000_000
    costs["peak_memory_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000
    return costs


def insert_copy(scratch: Ledger, ledger: Ledger, copy: int, span: timedelta) -> None:
    """Insert all events of the scratch ledger: copy 0 unchanged, others with other ids and `copy` spans earlier."""
    appends = scratch.table("from ledger.appends order by append_no").to_pylist()
    for first in range(0, len(appends), APPENDS_AT_ONCE):
        _insert_appends(scratch, ledger, appends[first : first + APPENDS_AT_ONCE], copy, span)


def _insert_appends(scratch: Ledger, ledger: Ledger, appends: list[dict[str, Any]], copy: int, span: timedelta) -> None:
    head, con = ledger.head(), ledger._con
    start, end = appends[0]["first_position"], appends[-1]["last_position"]
    shift = head.position + 1 - start
    con.begin()
    filled = []
    for cls in EVENT_TYPES:
        if rows := scratch.table(f"from ledger.{event_type(cls)} where position between {start} and {end}"):
            con.register("rows", rows)
            columns = ", ".join(copied(field, copy, shift, span) for field in table_schema(cls))
            con.execute(f"insert into ledger.{event_type(cls)} by name select {columns} from rows")
            filled.append(cls)
    digest_so_far = head.digest
    for number, row in enumerate(appends, head.append_no + 1):
        first, last = (shift + row[name] for name in ("first_position", "last_position"))
        lines = [line.encode() for _, line in con.execute(canonical_lines(filled, first, last)).fetchall()]
        following = chain_digest(digest_so_far, number, lines)
        values = [number, first, last, row["events"], row["run_id"], row["appended_at"], following, digest_so_far]
        con.execute("insert into ledger.appends values (?, ?, ?, ?, ?, ?, ?, ?)", values)
        digest_so_far = following
    con.execute("update ledger.log_head set position = ?, append_no = ?, digest = ?", [last, number, digest_so_far])
    con.commit()


def copied(field: pa.Field[Any], copy: int, shift: int, span: timedelta) -> str:
    """The column in SQL, as it is in a copy of the events: other ids, addresses and numbers in texts."""
    name = field.name
    if name == "position":
        return f"position + {shift} as position"
    if copy == 0:  # later events may name these by their ids
        return f'"{name}"'
    if name == "stream":
        other = f"'article:' || cast(md5(stream[9:] || '{copy}') as uuid)"
        return f"if(starts_with(stream, 'article:'), {other}, stream) as stream"
    if isinstance(field.type, pa.UuidType):
        return f"cast(md5({name} || '{copy}') as uuid) as {name}"
    if pa.types.is_timestamp(field.type):
        return f"{name} - interval '{copy * span.total_seconds():.0f} seconds' as {name}"
    if name.endswith("_digest"):
        return f"'sha256:' || sha256({name} || '{copy}') as {name}"
    if name in ("url", "canonical_url", "final_url", "other_url", "guid"):
        return f"{name} || '-{copy}' as {name}"
    if name in ("text", "headline", "title"):
        return f"translate({name}, '{digits}', '{digits[copy % 10 :] + digits[: copy % 10]}') as {name}"
    return f'"{name}"'


def one_more_append(now: datetime, first: int = ARTICLES) -> list[Event]:
    return [event for n in range(first, first + 20) for event in events_of_article(n, now)]


def sound(settings: Settings, ledger: Ledger, *, full: bool) -> None:
    assert verify_installation(settings, ledger, utc_now(), full=full).findings == ()


def pending(settings: Settings, ledger: Ledger) -> Mapping[str, float]:
    """Milliseconds for each query that a scheduled run asks, the best of three."""
    interval = lookback(settings, utc_now())
    sources = [f"source-{n}" for n in range(SOURCES)]
    ages = Settings.model_fields["revisit_after"].default
    queries: dict[str, Callable[[], object]] = {
        "capture": lambda: pending_pages(ledger, interval, sources),
        "revisit": lambda: due_pages(ledger, ages, utc_now(), sources, 1000),
        **{step.name: partial(step.pending, ledger, settings, interval) for step in PROCESSING_STEPS},
    }
    return {name: round(1_000 * min(cpu(query) for _ in range(3)), 1) for name, query in queries.items()}


def ingest(world: World) -> float:
    """CPU seconds of a run over new items, from their feed to the annotations."""
    names = [f"/{n}" for n in range(NEW_ITEMS)]
    world.web.feed("/feed.xml", *((name, f"Story {name}") for name in names), published_at=utc_now())
    for name in names:
        world.web.page(name, f"Story {name}", *(f"{text} ({name})" for text in PARAGRAPHS))
    counts: list[Mapping[str, int]] = []
    cost = cpu(lambda: counts.append(world.ingest().counts))
    assert counts[0]["article_annotated"] == NEW_ITEMS
    return cost


def plain_duckdb(ledger: Ledger, path: Path) -> int:
    """Insert the same rows with DuckDB alone."""
    tables = {event_type(cls): ledger.table(f"from ledger.{event_type(cls)}") for cls in EVENT_TYPES}
    with duckdb.connect(path, config={"threads": 1}) as con:
        cost = sum(cpu(partial(con.from_arrow(table).create, name)) for name, table in tables.items() if table)
    return round(sum(map(len, tables.values())) / cost)


def eventsourcing(events: Sequence[Event], path: Path) -> int | str:
    """Insert events with the recorder of the library eventsourcing, each as an aggregate's first event, as JSON."""
    try:
        from eventsourcing.persistence import StoredEvent
        from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
    except ImportError:
        return "not installed"
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
    recorder.create_table()

    def insert() -> None:
        recorder.insert_events(
            [StoredEvent(each.event_id, 1, event_type(type(each)), msgspec.json.encode(each)) for each in events]
        )

    return round(len(events) / cpu(insert))


def cpu(operation: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    before = time.process_time()
    operation()
    return round(time.process_time() - before, 4)


if __name__ == "__main__":
    for size in [int(argument) for argument in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as name, WebServer() as web:
            print(json.dumps(measure(Path(name), web, size)), flush=True)
