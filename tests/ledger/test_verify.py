"""Verify names what was changed, removed or added in a ledger, whatever it was."""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest

from pipeline.events import ArticleRedacted, ItemDiscovered, RedactionScope, Seal
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.erased import Erasure
from pipeline.ledger.log import chain_digest
from pipeline.ledger.postgres_copy import restore_catalog
from pipeline.ledger.rows import from_table
from pipeline.object_store import ObjectStore
from pipeline.places import LedgerPlace, PostgresPlace, S3Place
from tests.ledger.appending import start_appending
from tests.worlds.postgres import PostgresServer
from tests.worlds.reliability_page import is_documented
from tests.worlds.stories import NOON, item

pytestmark = pytest.mark.slow


@contextmanager
def parquet_file(place: LedgerPlace, table: str) -> Iterator[Path]:
    """A Parquet file of this table. A test may change or delete it: in S3, the object becomes what the file is then."""
    if isinstance(place, Path) or place.s3 is None:
        folder = place.with_suffix("") if isinstance(place, Path) else place.files
        yield next((folder / "main" / table).glob("*.parquet"))
        return
    store = ObjectStore(place.s3)
    name = next(store.objects(f"main/{table}/")).name
    with TemporaryDirectory() as folder_of_copy:
        copy = Path(folder_of_copy, Path(name).name)
        with copy.open("wb") as file:
            store.download(name, file)
        yield copy
        if copy.exists():
            store.put(name, io.BytesIO(copy.read_bytes()))
        else:
            store.delete([name])


def in_file(change: Callable[[Path], object]) -> Callable[[LedgerPlace], None]:
    def change_file(place: LedgerPlace) -> None:
        with parquet_file(place, "item_discovered") as path:
            change(path)

    return change_file


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


def endless(place: LedgerPlace) -> None:
    """Let an append end where no table can, and the catalog say that no number in this column is so large."""
    in_ledger(f"update ledger.appends set last_position = {2**63 - 1} where append_no = 2")(place)
    in_catalog(
        "update ducklake_table_column_stats set max_value = '6' where column_id = 3 and table_id ="
        " (select table_id from ducklake_table where table_name = 'appends')"
    )(place)


NOT_RECORDED = r"append 1 \(positions 1-2\): its events are not those that were recorded"


ONE_MISSING = r"append 1 \(positions 1-2\): holds 1 events, 2 were recorded"


TAMPERING: dict[str, tuple[Callable[[LedgerPlace], object], str]] = {
    "a changed Parquet file": (
        in_file(lambda path: rewrite(path, with_title)),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: has \d+ bytes, not \d+ as when it was written",
    ),
    "a Parquet file with garbage": (
        in_file(lambda path: path.write_bytes(b"PAR1 garbage")),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: has 12 bytes, not ",
    ),
    "a Parquet file zeroed": (
        in_file(zero),
        r"file \S+/item_discovered/ducklake-\S+\.parquet: cannot be read as Parquet: ",
    ),
    "a missing Parquet file": (
        in_file(Path.unlink),
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
    "an event's run changed": (
        in_ledger("update ledger.item_discovered set run_id = 'other' where position = 1"),
        NOT_RECORDED,
    ),
    "the end of an append changed": (
        endless,
        r"append 2 \(positions 3-9223372036854775807\): positions are not gapless",
    ),
    "the run of an append changed": (
        in_ledger("update ledger.appends set run_id = 'other' where append_no = 2"),
        r"append 2 \(positions 3-4\): was recorded by three at .*, as its events say, not by other at ",
    ),
    "the time of an append changed": (
        in_ledger("update ledger.appends set appended_at = appended_at - interval 1 day where append_no = 2"),
        r"append 2 \(positions 3-4\): was recorded by three at .*, as its events say, not by three at ",
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


ELSEWHERE = {
    "postgres": {
        "a data file struck from the catalog",
        "an event changed through DuckLake",
        "an event hidden by the statistics of its file",
    },
    "s3": {"a Parquet file zeroed", "a missing Parquet file"},
}
"""The kinds that `make test` tries with a catalog in PostgreSQL, and with files in S3 besides: those that go through
other code there. `make test-cluster` tries all of them with both."""


@pytest.fixture
def three(request: pytest.FixtureRequest, tmp_path: Path, three_appends: Path) -> LedgerPlace:
    """A copy of that ledger, which a test may damage."""
    if request.param == "sqlite":
        shutil.copytree(three_appends, tmp_path, dirs_exist_ok=True)
        return tmp_path / "ledger.sqlite"
    template, server = request.getfixturevalue("three_in_postgres"), request.getfixturevalue("postgres_server")
    place = PostgresPlace(server.new_database(template), tmp_path / "ledger")
    if request.param == "postgres":
        shutil.copytree(three_appends / "ledger", place.files)
        return place
    s3: S3Place = request.getfixturevalue("s3_place").below("ledger")
    store = ObjectStore(s3)
    for path in (three_appends / "ledger").rglob("*.parquet"):
        store.put(path.relative_to(three_appends / "ledger").as_posix(), io.BytesIO(path.read_bytes()))
    return replace(place, s3=s3)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each kind of tampering on one host, and the others where the ledger is."""
    if metafunc.function is test_tampering_is_found:
        on_cluster = metafunc.config.getoption("stores") == "cluster"
        places = {"s3": set(TAMPERING)} if on_cluster else {"sqlite": set(TAMPERING)} | ELSEWHERE
        cases = [(place, name) for place, names in places.items() for name in TAMPERING if name in names]
        metafunc.parametrize(("three", "name"), cases, indirect=["three"])


def test_tampering_is_found(three: LedgerPlace, name: str) -> None:
    tamper, message = TAMPERING[name]
    tamper(three)
    with Ledger.open(three) as ledger:
        findings = [f"{finding.where}: {finding.what}" for finding in verify(ledger).findings]
    assert any(re.match(message, finding) for finding in findings), findings
    assert is_documented(name, findings), findings
    assert all("\n" not in finding for finding in findings)


def test_verify_finds_nothing_while_others_append(catalog: LedgerPlace) -> None:
    Ledger.open(catalog).close()
    process = start_appending(catalog, 1)
    try:
        with Ledger.open(catalog) as ledger:
            verifications = [verify(ledger)]
            while verifications[-1].appends < verifications[0].appends + 2:
                verifications.append(verify(ledger))
    finally:
        process.kill()
        process.wait()
    assert {one.findings for one in verifications} == {()}


@pytest.mark.parametrize("three", ["sqlite", "postgres", "s3"], indirect=True)
def test_an_unreadable_table_is_reported_once_and_no_append_is_blamed(three: LedgerPlace) -> None:
    with parquet_file(three, "item_discovered") as path:
        path.write_bytes(b"PAR1 garbage")
    with Ledger.open(three) as ledger:
        (finding,) = verify(ledger).findings
    assert finding.where.startswith("file ") and finding.where.endswith(path.name)


@pytest.mark.parametrize("three", ["sqlite"], indirect=True)
def test_a_seal_over_nothing_which_earlier_versions_have_made_is_accepted(three: LedgerPlace, run: Run) -> None:
    with Ledger.open(three) as ledger:
        (before,) = ledger.table("select previous_digest from ledger.appends where append_no = 2").to_pylist()
        erased = ArticleRedacted(
            stream="article:1",
            occurred_at=NOON,
            producer="redact@1",
            source_id="example",
            article_id=UUID(int=1),
            scope=RedactionScope.ARTICLE,
            reason="asked",
            seals=(Seal(2, 0, chain_digest(before["previous_digest"], 2, [])),),
        )
        gone = [*from_table(ItemDiscovered, ledger.read(ItemDiscovered, 3, 4).read_all())]
        ledger.erase(lambda: Erasure(gone, [], [erased]), run)
        assert verify(ledger).findings == ()
