"""A catalog moves between the data directory and PostgreSQL, and no other one is overwritten."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pipeline.errors import LedgerError, StorageError
from pipeline.ledger import Ledger, Run
from pipeline.migration import migrate_to_postgres
from pipeline.settings import Settings
from tests.worlds.ledgers import rows_of
from tests.worlds.postgres import PostgresServer
from tests.worlds.running import newsledger
from tests.worlds.stories import item

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def test_a_catalog_moves_to_postgresql_and_back(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Settings(data=tmp_path)
    there = Settings(data=tmp_path, catalog=SecretStr(postgres_server.new_database()))
    nowhere = newsledger("migrate", "--data", tmp_path)
    assert "NEWSLEDGER_CATALOG: names the database" in nowhere.stderr
    assert there.catalog
    monkeypatch.setenv("NEWSLEDGER_CATALOG", there.catalog.get_secret_value())
    for source, target, options in ((here, there, []), (there, here, ["--back"]), (here, there, [])):
        with Ledger.open(source.ledger_catalog) as open_meanwhile:
            open_meanwhile.append([item(f"{source}-{options}")], Run("before"))
            rows = rows_of(source.ledger_catalog)
            done = newsledger("migrate", "--data", tmp_path, *options)
            assert done.returncode == 0, done.stderr
            assert "events moved, as they were recorded" in done.stdout
            with pytest.raises((LedgerError, duckdb.Error)):
                open_meanwhile.append([item("lost")], Run("late"))
        assert rows_of(target.ledger_catalog) == rows
        with pytest.raises(LedgerError, match="although its folder holds events"):
            Ledger.open(source.ledger_catalog)


def test_a_database_with_another_ledger_is_not_overwritten(postgres_server: PostgresServer, tmp_path: Path) -> None:
    conninfo = postgres_server.new_database()
    for folder in ("one", "other"):
        with Ledger.open(tmp_path / folder / "ledger.sqlite") as ledger:
            ledger.append([item(folder)], Run(folder))
    migrate_to_postgres(Settings(data=tmp_path / "one", catalog=SecretStr(conninfo)))
    with pytest.raises(StorageError, match="has another ledger already"):
        migrate_to_postgres(Settings(data=tmp_path / "other", catalog=SecretStr(conninfo)))
    with Ledger.open(tmp_path / "other" / "ledger.sqlite") as ledger:
        assert ledger.append([item("next")], Run("other")).events == 1
