"""The ledger keeps every event once, in one gapless order, with several writers and with writers that are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import duckdb
import duckdb_extension_ducklake
import msgspec
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import LedgerError, LedgerLocked, LedgerMissing, LedgerTooNew
from pipeline.events import (
    EVENT_TYPES,
    Access,
    ArticleExtracted,
    Block,
    BlockKind,
    Event,
    VideoEmbedded,
    event_type,
)
from pipeline.ids import article_id, name_uuid
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.canonical import canonical_lines
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.postgres_copy import restore_catalog
from pipeline.ledger.rows import Recorded, from_table, table_schema, to_table
from pipeline.settings import LedgerPlace, PostgresPlace
from tests.ledger.appending import append_many, settings_of, start_appending
from tests.worlds.postgres import PostgresServer
from tests.worlds.stories import NOON, item

pytestmark = pytest.mark.slow

KILLS = 6
WRITERS = 4

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


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=event_type)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_duckdb_spells_an_event_as_its_digest_needs_it(cls: type[Event], data: st.DataObject) -> None:
    recorded = [
        Recorded(position=n, event_id=event.event_id, recorded_at=NOON, run_id="r", event=event)
        for n, event in enumerate(data.draw(st.lists(events_of(cls), min_size=1, max_size=3)))
    ]
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as ledger")
        con.from_arrow(to_table(cls, recorded)).create(f"ledger.{event_type(cls)}")
        lines = con.execute(canonical_lines([cls], 0, len(recorded))).fetchall()
    assert [line.encode() for _, line in lines] == [item.canonical() for item in recorded]


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


def test_overlapping_appends_of_four_processes_lose_no_event_and_record_none_twice(catalog: LedgerPlace) -> None:
    appends = 12
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


# Failures, with one clear line each


def test_a_held_lock_is_reported_and_nothing_recorded(catalog: LedgerPlace, run: Run) -> None:
    with Ledger.open(catalog, lock_timeout_seconds=0.2) as ledger, catalog_at(catalog).exclusive(5):
        with pytest.raises(LedgerLocked, match=rf"{catalog_at(catalog)}.*nothing was recorded"):
            ledger.append([item("a")], run)
        assert ledger.head()[0] == 0


def test_a_ledger_of_a_newer_version_is_not_touched(catalog: LedgerPlace) -> None:
    with Ledger.open(catalog) as ledger:
        ledger._con.execute("insert into ledger.ledger_format values (99)")
    with pytest.raises(LedgerTooNew, match="made by a newer newsledger"):
        Ledger.open(catalog)


def test_opening_an_existing_ledger_creates_none(catalog: LedgerPlace) -> None:
    with pytest.raises(LedgerMissing, match=str(catalog_at(catalog))):
        Ledger.open_existing(catalog)
    assert not Ledger.exists(catalog)


def test_the_error_names_a_file_that_is_not_a_ledger(local_catalog: Path) -> None:
    local_catalog.write_bytes(b"something else entirely" * 100)
    with pytest.raises(LedgerError, match=str(local_catalog)):
        Ledger.open(local_catalog)
    assert local_catalog.read_bytes().startswith(b"something else")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pipeline.errors import StorageError
from pipeline.ledger import Ledger, Run
from tests.worlds.stories import item
with Ledger.open(Path(sys.argv[1])) as ledger:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        ledger.append([item(f"big-{n}", title="x" * n) for n in range(2_000)], Run("r"))
    except StorageError as exc:
        print(exc)
        sys.exit(7)
"""


def test_a_full_disk_is_one_clear_error_and_damages_nothing(local_catalog: Path, run: Run) -> None:
    with Ledger.open(local_catalog) as ledger:
        ledger.append([item("a")], run)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(local_catalog)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    assert str(local_catalog) in done.stdout
    assert done.stdout.count("\n") == 1
    with Ledger.open(local_catalog) as ledger:
        assert ledger.head()[0] == 1
        assert verify(ledger).findings == ()
        assert ledger.append([item("b")], run).events == 1


def test_the_data_directory_can_be_moved(tmp_path: Path, run: Run) -> None:
    (tmp_path / "here").mkdir()
    with Ledger.open(tmp_path / "here" / "ledger.sqlite") as ledger:
        ledger.append([item("a")], run)
    (tmp_path / "here").rename(tmp_path / "it's there")
    with Ledger.open(tmp_path / "it's there" / "ledger.sqlite") as ledger:
        assert ledger.append([item("a"), item("b")], run).events == 1
        assert verify(ledger).findings == ()


def test_a_new_column_is_added_to_an_older_ledger_and_old_digests_stay_valid(catalog: LedgerPlace, run: Run) -> None:
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a", title="t")], run)
        ledger._con.execute("alter table ledger.item_discovered drop column summary")
    with Ledger.open(catalog) as ledger:
        assert set(table_schema(type(item("a"))).names) <= set(ledger.table("from ledger.item_discovered").column_names)
        assert verify(ledger).findings == ()
        assert ledger.append([item("b")], run).events == 1


def test_an_extension_not_signed_by_duckdb_is_refused(local_catalog: Path, tmp_path: Path) -> None:
    package = Path(duckdb_extension_ducklake.__file__).parent
    copy = tmp_path / "packages" / package.name
    shutil.copytree(package, copy)
    (binary,) = copy.rglob("*.duckdb_extension")
    content = bytearray(binary.read_bytes())
    content[len(content) // 2] ^= 1
    binary.write_bytes(content)
    code = "import sys, pathlib; from pipeline.ledger import Ledger; Ledger.open(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(local_catalog)],
        env=os.environ | {"PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "signature" in done.stderr.splitlines()[-1]


def test_nothing_is_downloaded(catalog: LedgerPlace, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = "from pipeline.ledger import Ledger; from pipeline.settings import load_settings\n"
    code += "Ledger.open(load_settings().ledger_catalog).close()"
    environment = os.environ | settings_of(catalog) | {"HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(home.iterdir()) == []


# Tampering


def files_of(place: LedgerPlace) -> Path:
    return place.with_suffix("") if isinstance(place, Path) else place.files


def parquet_file(place: LedgerPlace, table: str) -> Path:
    return next((files_of(place) / "main" / table).glob("*.parquet"))


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(change(pq.read_table(path)), path)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def with_title(table: pa.Table) -> pa.Table:
    titles = ["Something else"] + table["title"].to_pylist()[1:]
    return table.set_column(
        table.schema.get_field_index("title"), table.schema.field("title"), pa.array(titles, pa.string())
    )


def in_catalog(statement: str) -> Callable[[LedgerPlace], None]:
    def change(place: LedgerPlace) -> None:
        if isinstance(place, Path):
            with closing(sqlite3.connect(place)) as con, con:
                assert con.execute(statement).rowcount > 0
        else:
            with psycopg.connect(place.conninfo) as session:
                assert session.execute(statement.encode()).rowcount > 0

    return change


def in_ledger(statement: str) -> Callable[[LedgerPlace], None]:
    def change(place: LedgerPlace) -> None:
        with Ledger.open(place) as ledger:
            ledger._con.execute(statement)

    return change


def hidden(place: LedgerPlace) -> None:
    """Add a copy of an event in a file that, by its statistics in the catalog, has no position at all."""
    copy = "select * replace (uuid() as event_id) from ledger.item_discovered where position = 2"
    in_ledger(f"insert into ledger.item_discovered {copy}")(place)
    in_catalog(
        "update ducklake_file_column_stats set min_value = '900', max_value = '900' where data_file_id ="
        " (select max(data_file_id) from ducklake_data_file) and column_id = 1"
    )(place)


NOT_RECORDED = r"append 1 \(positions 1-2\): its events are not those that were recorded"
ONE_MISSING = r"append 1 \(positions 1-2\): holds 1 events, 2 were recorded"
TAMPERING: dict[str, tuple[Callable[[LedgerPlace], object], str]] = {
    "a changed Parquet file": (
        lambda place: rewrite(parquet_file(place, "item_discovered"), with_title),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: has \d+ bytes, not \d+ as when it was written",
    ),
    "a Parquet file with garbage": (
        lambda place: parquet_file(place, "item_discovered").write_bytes(b"PAR1 garbage"),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: has 12 bytes, not ",
    ),
    "a Parquet file zeroed": (
        lambda place: zero(parquet_file(place, "item_discovered")),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: cannot be read as Parquet: ",
    ),
    "a missing Parquet file": (
        lambda place: parquet_file(place, "item_discovered").unlink(),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: is missing",
    ),
    "a data file struck from the catalog": (
        in_catalog(
            "delete from ducklake_data_file where data_file_id = (select min(data_file_id) from ducklake_data_file"
            " join ducklake_table using (table_id) where table_name = 'item_discovered')"
        ),
        r"append 1 \(positions 1-2\): holds 0 events, 2 were recorded",
    ),
    "an event changed through DuckLake": (
        in_ledger("update ledger.item_discovered set title = 'x' where position = 1"),
        NOT_RECORDED,
    ),
    "an event removed through DuckLake": (
        in_ledger("delete from ledger.item_discovered where position = 2"),
        ONE_MISSING,
    ),
    "an event inserted past the head": (
        in_ledger(
            "insert into ledger.item_discovered"
            " select * replace (position + 100 as position) from ledger.item_discovered limit 1"
        ),
        "table item_discovered: 1 rows lie outside of all appends",
    ),
    "an event doubled within an append": (
        in_ledger("insert into ledger.item_discovered select * from ledger.item_discovered where position = 2"),
        "table item_discovered: event .* is there 2 times",
    ),
    "an event hidden by the statistics of its file": (
        hidden,
        "tables: hold 7 events up to position 6, which must be 6",
    ),
    "a changed append": (
        in_ledger("update ledger.appends set run_id = 'other', digest = 'sha256:0' where append_no = 1"),
        r"append 2 \(positions 3-4\): does not chain to the append before",
    ),
    "an append's run changed": (
        in_ledger("update ledger.item_discovered set run_id = 'other' where position = 1"),
        NOT_RECORDED,
    ),
    "a removed append": (
        in_ledger("delete from ledger.appends where append_no = 2"),
        r"append 3 \(positions 5-6\): follows append 1: appends are missing or doubled",
    ),
    "a default made null": (
        in_ledger("update ledger.item_discovered set via = null where position = 1"),
        "table item_discovered: holds what is no event: ",
    ),
    "a recorded append beyond the head": (
        in_ledger("insert into ledger.appends select * replace (9 as append_no) from ledger.appends limit 1"),
        "table appends: 1 rows lie beyond log_head",
    ),
    "an append before the first": (
        in_ledger("insert into ledger.appends select * replace (0 as append_no) from ledger.appends limit 1"),
        "table appends: 1 rows lie beyond log_head",
    ),
    "a moved head": (in_ledger("update ledger.log_head set position = position - 1"), "log_head: stands at position 5"),
    "all appends removed": (in_ledger("delete from ledger.appends"), "log_head: stands at position 6, append 3; "),
}


@pytest.fixture(scope="module")
def three_appends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger with three appends of two items; tests copy it."""
    folder = tmp_path_factory.mktemp("three")
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        for n in range(3):
            ledger.append([item(f"{n}-a", title="t"), item(f"{n}-b", title="t")], Run("three"))
        assert verify(ledger).findings == ()
    return folder


@pytest.fixture(scope="module")
def three_in_postgres(three_appends: Path, postgres_server: PostgresServer) -> str:
    """The same ledger's catalog as a database."""
    conninfo = postgres_server.new_database()
    restore_catalog(three_appends / "ledger.sqlite", PostgresPlace(conninfo, three_appends / "ledger"))
    return conninfo


@pytest.fixture(params=["sqlite", "postgres"])
def three(request: pytest.FixtureRequest, tmp_path: Path, three_appends: Path) -> LedgerPlace:
    """A copy of that ledger, which a test may damage."""
    if request.param == "sqlite":
        shutil.copytree(three_appends, tmp_path, dirs_exist_ok=True)
        return tmp_path / "ledger.sqlite"
    shutil.copytree(three_appends / "ledger", tmp_path / "ledger")
    template, server = request.getfixturevalue("three_in_postgres"), request.getfixturevalue("postgres_server")
    return PostgresPlace(server.new_database(template), tmp_path / "ledger")


@pytest.mark.parametrize(("tamper", "message"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found(three: LedgerPlace, tamper: Callable[[LedgerPlace], object], message: str) -> None:
    tamper(three)
    with Ledger.open(three) as ledger:
        findings = [f"{finding.where}: {finding.what}" for finding in verify(ledger).findings]
    assert any(re.match(message, finding) for finding in findings), findings
    assert all("\n" not in finding for finding in findings)


def test_an_empty_catalog_beside_events_does_not_become_a_new_ledger(catalog: LedgerPlace, run: Run) -> None:
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
    empty_catalog(catalog)
    with pytest.raises(LedgerError, match=r"is empty although .* holds events"):
        Ledger.open(catalog)
    empty_catalog(catalog)
    with pytest.raises(LedgerMissing):
        Ledger.open_existing(catalog)


def empty_catalog(place: LedgerPlace) -> None:
    if isinstance(place, Path):
        for leftover in place.parent.glob("ledger.sqlite*"):
            leftover.unlink()
        place.touch()
    else:
        with psycopg.connect(place.conninfo) as session:
            session.execute("drop schema public cascade")
            session.execute("create schema public")


def test_a_ledger_with_columns_of_a_newer_version_is_not_touched(catalog: LedgerPlace) -> None:
    with Ledger.open(catalog) as ledger:
        ledger._con.execute("alter table ledger.item_discovered add column mood varchar")
    with pytest.raises(LedgerTooNew, match=r"item_discovered\.mood"):
        Ledger.open(catalog)


def test_verify_finds_nothing_while_others_append(catalog: LedgerPlace) -> None:
    Ledger.open(catalog).close()
    process = start_appending(catalog, 1)
    try:
        with Ledger.open(catalog) as ledger:
            verifications = [verify(ledger)]
            while verifications[-1].appends < verifications[0].appends + 5:
                verifications.append(verify(ledger))
    finally:
        process.kill()
        process.wait()
    assert {one.findings for one in verifications} == {()}


def test_an_unreadable_table_is_reported_once_and_no_append_is_blamed(three: LedgerPlace) -> None:
    parquet_file(three, "item_discovered").write_bytes(b"PAR1 garbage")
    with Ledger.open(three) as ledger:
        (finding,) = verify(ledger).findings
    assert finding.where == f"file {parquet_file(three, 'item_discovered')}"


def test_a_finding_names_the_append(three: LedgerPlace) -> None:
    with Ledger.open(three) as ledger:
        ledger._con.execute("update ledger.item_discovered set title = 'x' where position = 3")
        (finding,) = verify(ledger).findings
    assert finding.where == "append 2 (positions 3-4)"
