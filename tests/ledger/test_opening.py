"""A ledger that cannot be opened or written gives one clear error, and one that is opened stays as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.abc import MetaPathFinder
from pathlib import Path
from uuid import uuid4

import duckdb
import duckdb_extension_ducklake
import psycopg
import pytest

from pipeline.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerMissing,
    LedgerTooNew,
    StorageDenied,
)
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.rows import table_schema
from pipeline.ledger.session import connect
from pipeline.ledger.sql import statement
from pipeline.ledger.tables import FORMAT_VERSION
from pipeline.places import LedgerPlace
from pipeline.steps.backfill.history_state import NamedArticles, known_articles
from pipeline.steps.maintain import merge_files
from tests.ledger.appending import settings_of
from tests.worlds.irregular import IRREGULAR
from tests.worlds.stories import NOON, item

pytestmark = pytest.mark.slow


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
    with pytest.raises(LedgerDamaged, match=f"{local_catalog}: cannot be opened .* restore the ledger's catalog"):
        Ledger.open(local_catalog)
    assert local_catalog.read_bytes().startswith(b"something else")


def test_the_error_names_a_folder_that_is_not_a_ledger(local_catalog: Path) -> None:
    local_catalog.mkdir()
    with pytest.raises(LedgerDamaged, match=f"{local_catalog}: cannot be opened"):
        Ledger.open(local_catalog)


@pytest.fixture(scope="module")
def one_append(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger with one append; tests copy it."""
    folder = tmp_path_factory.mktemp("one")
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        ledger.append([item("a")], Run("r"))
    return folder


IN_CATALOG = {
    "a column renamed": "update ducklake_column set column_name = 'headlin' where column_name = 'title'",
    "no snapshot": "delete from ducklake_snapshot",
    "bytes that are no text in the head": "update {log_head} set digest = x'ff00'",
    "bytes that are no text in an append": "update {appends} set digest = x'ff00'",
    "an append without a digest": "update {appends} set digest = null",
    "two heads": "insert into {log_head} select * from {log_head}",
}


@pytest.mark.parametrize("statement", IN_CATALOG.values(), ids=IN_CATALOG)
def test_a_catalog_that_cannot_be_read_is_named_with_the_recovery(
    one_append: Path, local_catalog: Path, statement: str
) -> None:
    shutil.copytree(one_append, local_catalog.parent, dirs_exist_ok=True)
    with closing(sqlite3.connect(local_catalog)) as con, con:
        inlined = con.execute(
            "select table_name, (select i.table_name from ducklake_inlined_data_tables as i where i.table_id ="
            " t.table_id) from ducklake_table as t"
        )
        assert con.execute(statement.format_map(dict(inlined))).rowcount > 0
    with pytest.raises(LedgerError, match=rf"^{local_catalog}: .*; restore the ledger's catalog and folder"):
        use_all(local_catalog)


@pytest.mark.parametrize("kind", IRREGULAR)
def test_what_is_no_file_in_the_place_of_a_parquet_file_is_named(
    one_append: Path, local_catalog: Path, kind: str
) -> None:
    shutil.copytree(one_append, local_catalog.parent, dirs_exist_ok=True)
    (file,) = local_catalog.with_suffix("").glob("main/item_discovered/*.parquet")
    file.unlink()
    IRREGULAR[kind](file)
    with pytest.raises(
        StorageDenied, match=f"^{file}: is no regular file; delete it, and restore the ledger's catalog"
    ):
        Ledger.open(local_catalog)


def use_all(place: LedgerPlace) -> None:
    with Ledger.open(place) as ledger:
        verify(ledger)
        ledger.append([item("next")], Run("r"))


def test_a_folder_that_takes_no_files_is_named_at_once() -> None:
    with pytest.raises(StorageDenied, match=r"^/proc/ledger.lock: no file can be made there$"):
        Ledger.open(Path("/proc/ledger.sqlite"))


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


def test_an_empty_catalog_beside_events_does_not_become_a_new_ledger(catalog: LedgerPlace, run: Run) -> None:
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
    empty_catalog(catalog)
    for opened in (Ledger.open, Ledger.open_existing):
        with pytest.raises(LedgerError, match=r"is missing or empty, although .* holds events; restore the catalog"):
            opened(catalog)
        empty_catalog(catalog)


def test_a_ledger_whose_making_was_interrupted_is_made_again(catalog: LedgerPlace, run: Run) -> None:
    """Its first rows are files that no catalog knows, but no events."""
    Ledger.open(catalog).close()
    empty_catalog(catalog)
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
        assert ledger.head().position == 1


def test_a_making_that_was_interrupted_before_its_options_is_completed(catalog: LedgerPlace, run: Run) -> None:
    """Otherwise each append would write two files of bookkeeping, for ever."""
    place = catalog_at(catalog)
    place.prepare()
    with closing(connect(place)) as con:
        con.begin()
        con.execute(statement("create_bookkeeping"))
        con.execute("insert into ledger.ledger_format values (?)", [FORMAT_VERSION])
        con.commit()
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
        files = {each["table_name"]: each["file_count"] for each in ledger.table(FILES).to_pylist()}
    assert (files["item_discovered"], files["appends"]) == (1, 0)


FILES = "select table_name, file_count from ducklake_table_info('ledger')"


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


class Searches(list[str], MetaPathFinder):
    """The modules that Python has searched for without finding them."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        self.append(fullname)


def test_bound_values_cost_no_search_for_pandas(local_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searches = Searches()
    with Ledger.open(local_catalog) as ledger, duckdb.connect() as other:
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, searches])
        assert known_articles(ledger, [NamedArticles("alpha", (uuid4(),))], NOON)
        assert "pandas" not in searches
        other.execute("select ?", [1])
        assert "pandas" in searches, "DuckDB no longer searches: the refusal is not needed any more"


def test_every_table_has_statistics_from_the_beginning(catalog: LedgerPlace, run: Run) -> None:
    known = "select table_id, column_id, contains_null from __ducklake_metadata_ledger.ducklake_table_column_stats"
    with Ledger.open(catalog) as ledger:
        begun = set(ledger._con.execute(known).fetchall())
        assert {table for table, _, _ in begun} >= set(tables_of(ledger))
        ledger._con.execute("insert into ledger.item_discovered (title) values (null)")
        ledger._con.execute("delete from ledger.item_discovered")
        assert set(ledger._con.execute(known).fetchall()) == begun, "as DuckLake itself leaves them"
        ledger.append([item("a", title="Ferry"), item("b", title=None)], run)
        assert ledger.table("select guid from ledger.item_discovered where title is null").to_pylist() == [
            {"guid": "b"}
        ]


def test_maintenance_gives_statistics_to_a_ledger_of_an_earlier_version(catalog: LedgerPlace, run: Run) -> None:
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
        (written,) = ledger.table(
            "select table_id from __ducklake_metadata_ledger.ducklake_table where table_name = 'item_discovered'"
        )["table_id"].to_pylist()
        for statistics in ("ducklake_table_stats", "ducklake_table_column_stats"):
            ledger._con.execute(f"delete from __ducklake_metadata_ledger.{statistics} where table_id != {written}")
        assert len(tables_of(ledger, "anti")) > 1
        merge_files(ledger)
        assert tables_of(ledger, "anti") == []
        assert verify(ledger).findings == ()
        assert ledger.append([item("a"), item("b")], run).events == 1


def tables_of(ledger: Ledger, join: str = "semi") -> list[int]:
    """The ids of the tables with statistics, or without."""
    found = ledger._con.execute(
        f"select table_id from __ducklake_metadata_ledger.ducklake_table {join} join"
        " __ducklake_metadata_ledger.ducklake_table_stats using (table_id)"
    )
    return [table for (table,) in found.fetchall()]
