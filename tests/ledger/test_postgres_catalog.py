"""A ledger in PostgreSQL loses and doubles nothing when its server, its lock or its session goes away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from pydantic import SecretStr

from pipeline import postgres
from pipeline.collect.http.host_rows import HostRows
from pipeline.errors import SettingsError, StorageDenied, StorageError
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.catalog import catalog_at
from pipeline.monitor.checkup import check_up
from pipeline.places import PostgresPlace
from pipeline.settings import Settings, load_settings
from tests.ledger.appending import settings_of
from tests.worlds.postgres import PostgresServer
from tests.worlds.stories import item

pytestmark = pytest.mark.slow


@pytest.fixture
def place(postgres_server: PostgresServer, tmp_path: Path) -> PostgresPlace:
    return PostgresPlace(postgres_server.new_database(), tmp_path / "ledger")


def clock(act: Callable[[], object]) -> Callable[[], datetime]:
    """A clock for a ledger. It asks for the time after it has taken its lock and read its head."""

    def now() -> datetime:
        act()
        return datetime.now(UTC)

    return now


def end_session_with_lock(place: PostgresPlace) -> None:
    with psycopg.connect(place.conninfo) as session:
        session.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted")


def test_an_append_that_has_lost_its_lock_records_nothing(place: PostgresPlace, run: Run) -> None:
    with (
        Ledger.open(place, now=clock(lambda: end_session_with_lock(place))) as ledger,
        pytest.raises(StorageError, match="lock was lost; nothing was recorded"),
    ):
        ledger.append([item("a")], run)
    with Ledger.open(place) as ledger:
        assert ledger.head().position == 0
        assert ledger.append([item("a")], run).events == 1


def test_a_restart_of_the_server_during_an_append_is_one_clear_error(
    place: PostgresPlace, postgres_server: PostgresServer, run: Run
) -> None:
    Ledger.open(place).close()

    def restart() -> None:
        postgres_server.stop()
        postgres_server.start()

    with Ledger.open(place, now=clock(restart)) as ledger, pytest.raises(StorageError) as caught:
        ledger.append([item("a")], run)
    assert str(caught.value).startswith(f"{catalog_at(place)}: ")
    assert "\n" not in str(caught.value)
    with Ledger.open(place) as ledger:
        assert ledger.append([item("a"), item("b")], run).events == 2
        assert verify(ledger).findings == ()


def test_an_open_ledger_continues_after_a_restart(
    place: PostgresPlace, postgres_server: PostgresServer, run: Run
) -> None:
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
        postgres_server.stop()
        for use in (ledger.head, lambda: ledger.append([item("b")], run), lambda: Ledger.open(place)):
            with pytest.raises(StorageError, match="run the same again") as caught:
                use()
            assert "secret" not in str(caught.value), "the password"
        postgres_server.start()
        assert ledger.append([item("a"), item("b")], run).events == 1


def test_compacting_writes_the_tables_again_without_deleted_rows(place: PostgresPlace, run: Run) -> None:
    def file_of_statistics() -> object:
        with psycopg.connect(place.conninfo) as session:
            return session.execute("select pg_relation_filenode('ducklake_file_column_stats')").fetchone()

    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
        before = file_of_statistics()
        ledger.compact()
        assert file_of_statistics() != before
        assert ledger.append([item("a"), item("b")], run).events == 1
        assert verify(ledger).findings == ()


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("", "permission denied for table ducklake_table"),
        ("grant select on all tables in schema public to reader", "permission denied for table"),
    ],
    ids=["nothing", "select"],
)
def test_a_role_that_may_not_record_is_a_mistake_that_names_it(
    place: PostgresPlace, tmp_path: Path, run: Run, granted: LiteralString, missing: str
) -> None:
    Ledger.open(place).close()
    with psycopg.connect(place.conninfo) as session:
        if session.execute("select from pg_roles where rolname = 'reader'").fetchone() is None:
            session.execute("create role reader login")
        session.execute(granted or "select")
    reader = PostgresPlace(place.conninfo.replace("newsledger:secret", "reader"), place.files)
    with (
        pytest.raises(StorageDenied, match=f"^{catalog_at(place)}: a right of the role reader is missing: .*{missing}"),
        Ledger.open(reader) as ledger,
    ):
        ledger.append([item("a")], run)
    found = check_up(Settings(data=tmp_path, catalog=SecretStr(reader.conninfo)), datetime.now(UTC))
    (ledger_found,) = [each for each in found if each.name == "ledger"]
    assert re.search(r"role reader is missing: (SELECT|INSERT) on table", ledger_found.found)
    assert ledger_found.advice == "see docs/cluster.md"


def test_a_role_that_may_make_no_tables_is_found_before_the_first_run(
    place: PostgresPlace,
) -> None:
    with psycopg.connect(place.conninfo) as session:
        if session.execute("select from pg_roles where rolname = 'reader'").fetchone() is None:
            session.execute("create role reader login")
    reader = place.conninfo.replace("newsledger:secret", "reader")
    with pytest.raises(StorageDenied, match="role reader is missing: CREATE on schema public"):
        postgres.require_rights(reader)
    with pytest.raises(StorageDenied, match="role reader is missing: permission denied for schema public"):
        HostRows(reader)
    with pytest.raises(StorageDenied, match='role "nobody" does not exist; correct NEWSLEDGER_CATALOG'):
        postgres.require_rights(place.conninfo.replace("newsledger:secret", "nobody"))
    postgres.require_rights(place.conninfo)


def test_nothing_shows_the_password(place: PostgresPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_CATALOG", place.conninfo)
    settings = load_settings()
    assert isinstance(settings.ledger_catalog, PostgresPlace)
    assert ":secret@" in settings.ledger_catalog.conninfo
    for shown in (repr(settings), repr(settings.ledger_catalog), str(catalog_at(settings.ledger_catalog))):
        assert "secret" not in shown


def test_a_catalog_that_is_no_address_is_a_mistake_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEWSLEDGER_CATALOG", "mysql://user:secret@host/x")
    with pytest.raises(SettingsError, match=r"^NEWSLEDGER_CATALOG: .*must begin with postgresql://$"):
        load_settings()
    with pytest.raises(SettingsError, match=r"is no connection URI of PostgreSQL; in a password"):
        Ledger.open(PostgresPlace("postgresql://user:secret@host/x?no_option=1", tmp_path))


def test_a_ledger_on_one_machine_imports_nothing_of_a_cluster(tmp_path: Path) -> None:
    code = "import sys; from pipeline.ledger import Ledger; from pipeline.settings import load_settings\n"
    code += "Ledger.open(load_settings().ledger_catalog).close()\n"
    code += "sys.exit('psycopg' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=os.environ | settings_of(tmp_path / "ledger.sqlite"), check=True)
