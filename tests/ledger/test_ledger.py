"""The ledger keeps every event once, in one gapless order, with several writers and with writers that are killed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.events import (
    EVENT_TYPES,
    Access,
    ArticleExtracted,
    Block,
    BlockKind,
    Event,
    ItemDiscovered,
    VideoEmbedded,
    event_type,
)
from pipeline.ids import article_id, name_uuid
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.canonical import canonical_lines
from pipeline.ledger.rows import ROWS_IN_BATCH, Recorded, from_table, to_table
from pipeline.places import LedgerPlace
from tests.ledger.appending import append_many, start_appending
from tests.worlds.stories import NOON, item

pytestmark = pytest.mark.slow

KILLS = 3
WRITERS = 3

Text = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\0\n\t\r"), max_size=40)
Moment = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))


@st.composite
def extractions(draw: st.DrawFn) -> ArticleExtracted:
    return ArticleExtracted(
        stream=draw(Text),
        occurred_at=draw(Moment),
        producer="extract@1",
        caused_by=draw(st.none() | st.uuids()),
        source_id=draw(Text),
        article_id=draw(st.uuids()),
        url=draw(Text),
        payload_digest=draw(Text),
        headline=draw(st.none() | Text),
        blocks=tuple(draw(st.lists(st.builds(Block, st.sampled_from(BlockKind), Text), max_size=3))),
        text=draw(Text),
        authors=tuple(draw(st.lists(Text, max_size=3))),
        published_at=draw(st.none() | Moment),
        access=draw(st.sampled_from(Access)),
        word_count=draw(st.integers(-(2**63), 2**63 - 1)),
        text_digest=draw(Text),
    )


def positions(ledger: Ledger) -> list[int]:
    tables = [ledger.table(f"select position from ledger.{event_type(cls)}") for cls in EVENT_TYPES]
    return sorted(int(position) for table in tables for position in table["position"].to_numpy())


def test_positions_are_gapless_over_types_and_appends(ledger: Ledger, run: Run) -> None:
    ledger.append([item("a"), item("b")], run)
    video = VideoEmbedded(
        stream="s",
        occurred_at=NOON,
        producer="extract@1",
        source_id="x",
        article_id=article_id("https://x.example/"),
        video_no=1,
    )
    appended = ledger.append([video, item("c")], run)
    assert appended.counts == {"video_embedded": 1, "item_discovered": 1}
    assert positions(ledger) == [1, 2, 3, 4]
    assert ledger.head()[:2] == (4, 2)


def test_appending_again_adds_nothing(ledger: Ledger, run: Run) -> None:
    ledger.append([item("a"), item("b")], run)
    head = ledger.head()
    assert ledger.append([item("b"), item("a")], Run("another-run")).events == 0
    assert ledger.append([], run).events == 0
    assert ledger.head() == head
    assert ledger.append([item("b"), item("c")], run).counts == {"item_discovered": 1}


def test_many_events_are_read_in_small_batches(ledger: Ledger, run: Run) -> None:
    """A batch of all texts of a large ledger would need as much memory, and Arrow refuses one of more than 2 GB."""
    many = ROWS_IN_BATCH + 100
    ledger.append([item(str(number)) for number in range(many)], run)
    rows = [batch.num_rows for batch in ledger.read(ItemDiscovered, 1, many)]
    assert sum(rows) == many
    assert max(rows) <= ROWS_IN_BATCH


def test_the_same_event_twice_in_one_append_is_recorded_once(ledger: Ledger, run: Run) -> None:
    assert ledger.append([item("a"), item("a")], run).events == 1


def test_ids_depend_on_producer_and_identity_and_not_on_time() -> None:
    first = item("a")
    assert item("a").event_id == first.event_id
    assert item("a", title="new").event_id != first.event_id
    assert item("a", supersedes=first.event_id).event_id != first.event_id


def test_event_ids_never_change() -> None:
    assert str(item("a", title="Headline").event_id) == "c2595fb4-3bb7-8a81-b4ac-13d2a81e8da8"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(extractions(), min_size=1, max_size=4))
def test_events_read_back_equal_the_recorded_ones(events: list[ArticleExtracted]) -> None:
    recorded = [
        Recorded(position=n, event_id=event.event_id, recorded_at=NOON, run_id="r", event=event)
        for n, event in enumerate(events)
    ]
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.from_arrow(to_table(ArticleExtracted, recorded)).create("t")
        back = list(from_table(ArticleExtracted, con.execute("from t order by position").to_arrow_table()))
    assert [item.canonical() for item in back] == [item.canonical() for item in recorded]
    assert [item.event.event_id for item in back] == [item.event_id for item in recorded]


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field of this type."""
    if get_origin(hint) is UnionType:
        return st.one_of(*(values(each) for each in get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return st.builds(hint, **{name: values(kind) for name, kind in get_type_hints(hint).items()})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return {
        str: Text,
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.integers(0, 1000).map(lambda thousandths: thousandths / 1000),
        bool: st.booleans(),
        UUID: st.uuids(),
        datetime: Moment,
        date: st.dates(date(1000, 1, 1)),
        NoneType: st.none(),
    }[hint]


def events_of(cls: type[Event]) -> st.SearchStrategy[Event]:
    hints = get_type_hints(cls)
    fields = {field.name: values(hints[field.name]) for field in msgspec.structs.fields(cls)}
    return st.builds(cls, **fields)


@pytest.fixture(scope="module")
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as ledger")
        yield con


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=event_type)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_duckdb_spells_an_event_as_its_digest_needs_it(
    scratch: duckdb.DuckDBPyConnection, cls: type[Event], data: st.DataObject
) -> None:
    recorded = [
        Recorded(position=n, event_id=event.event_id, recorded_at=NOON, run_id="r", event=event)
        for n, event in enumerate(data.draw(st.lists(events_of(cls), min_size=1, max_size=3)))
    ]
    scratch.execute(f"drop table if exists ledger.{event_type(cls)}")
    scratch.from_arrow(to_table(cls, recorded)).create(f"ledger.{event_type(cls)}")
    lines = scratch.execute(canonical_lines([cls], 0, len(recorded))).fetchall()
    assert [line.encode() for _, line in lines] == [item.canonical() for item in recorded]


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=event_type)
@settings(max_examples=1, deadline=None)
@given(data=st.data())
def test_no_text_in_a_column_spells_another_field(
    scratch: duckdb.DuckDBPyConnection, cls: type[Event], data: st.DataObject
) -> None:
    event, table = data.draw(events_of(cls)), f"ledger.{event_type(cls)}"
    rows = to_table(cls, [Recorded(position=1, event_id=event.event_id, recorded_at=NOON, run_id="r", event=event)])
    spelled = 'live","warc_file":"x'
    for column in [field.name for field in rows.schema if field.type == pa.string()]:
        scratch.execute(f"drop table if exists {table}")
        scratch.from_arrow(rows).create(table)
        scratch.execute(f'update {table} set "{column}" = ?', [spelled])
        ((_, line),) = scratch.execute(canonical_lines([cls], 0, 1)).fetchall()
        found = msgspec.json.decode(line)
        assert (found | found["event"])[column] == spelled, column


def test_events_that_duckdb_spells_differently_verify_too(ledger: Ledger, run: Run) -> None:
    ledger.append([item("a"), item("b", title="form\ffeed")], run)
    assert verify(ledger).findings == ()


def test_everything_survives_the_parquet_files(ledger: Ledger, run: Run, catalog: LedgerPlace) -> None:
    odd = ArticleExtracted(
        stream="article:x",
        occurred_at=NOON,
        producer="extract@1",
        source_id="x",
        article_id=name_uuid("x"),
        url="https://x.example/",
        payload_digest="sha256:0",
        headline='„Wörter“, ‘quotes’ "and" \\ back\\slashes\n\tlines \u0000 nul 🗞',
        blocks=(Block(BlockKind.QUOTATION, "[{'kind': x, \"text\": y}]"), Block(BlockKind.LIST, "")),
        text="",
        authors=("O'Brien, Ann", "", "null"),
        word_count=0,
        text_digest="sha256:0",
    )
    ledger.append([odd], run)
    ledger.close()
    with Ledger.open(catalog) as again:
        (back,) = from_table(ArticleExtracted, again.table("from ledger.article_extracted"))
    assert back.event == odd


def test_dates_and_durations_come_back(ledger: Ledger, run: Run) -> None:
    video = VideoEmbedded(
        stream="s",
        occurred_at=NOON,
        producer="extract@1",
        source_id="x",
        article_id=name_uuid("x"),
        video_no=1,
        published_on=date(2026, 3, 2),
        duration_seconds=163,
    )
    ledger.append([video], run)
    (back,) = from_table(VideoEmbedded, ledger.table("from ledger.video_embedded"))
    assert back.event == video


# Several writers, and killed writers


def test_overlapping_appends_of_several_processes_lose_no_event_and_record_none_twice(catalog: LedgerPlace) -> None:
    appends = 5
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_many, args=(catalog, writer, appends)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    expected = WRITERS * appends * 4 + appends + 1
    with Ledger.open(catalog) as ledger:
        distinct = ledger.table("select count(distinct event_id) as n from ledger.item_discovered")["n"][0].as_py()
        assert ledger.head()[0] == distinct == expected
        assert positions(ledger) == list(range(1, expected + 1))
        assert verify(ledger).findings == ()


def test_a_writer_killed_at_a_random_moment_leaves_only_complete_appends(catalog: LedgerPlace) -> None:
    with Ledger.open(catalog) as ledger:
        ledger.append([item("first")], Run("before"))
    chance = random.Random(20260302)
    heads = [1]
    for kill in range(KILLS):
        process = start_appending(catalog, kill)
        time.sleep(chance.uniform(0, 0.5))  # the moment is the point
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Ledger.open(catalog) as ledger:
            heads.append(ledger.head()[0])
            assert positions(ledger) == list(range(1, heads[-1] + 1))
    assert heads == sorted(heads)
    assert heads[-1] > 4 * KILLS, "each process had appended before it was killed"
    with Ledger.open(catalog) as ledger:
        assert verify(ledger).findings == ()
        assert ledger.append([item("last")], Run("after")).events == 1


def test_without_the_lock_one_of_two_commits_fails_instead_of_sharing_positions(catalog: LedgerPlace) -> None:
    with Ledger.open(catalog) as one, Ledger.open(catalog) as other:
        for ledger in (one, other):
            ledger._con.begin()
            ledger._con.execute("update ledger.log_head set position = position + 1")
        one._con.commit()
        with pytest.raises(duckdb.Error, match=r"(?i)conflict|locked"):
            other._con.commit()
