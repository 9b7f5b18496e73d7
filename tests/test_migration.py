"""A catalog moves between the data directory and PostgreSQL, and no other one is overwritten."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from pipeline import migration
from pipeline.errors import LedgerError, StorageError
from pipeline.ledger import Ledger, Run
from pipeline.migration import migrate_to_data_directory, migrate_to_postgres
from pipeline.places import LedgerPlace
from pipeline.settings import Settings
from tests.worlds.ledgers import rows_of
from tests.worlds.postgres import PostgresServer
from tests.worlds.running import newsledger
from tests.worlds.stories import item

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

STEPS = {(migration.__file__, name) for name in ("move", "put_aside", "_close_catalog", "_rename_closed")}
"""The functions whose lines change what is on the disk or in the database."""


def test_a_catalog_moves_to_postgresql_and_back(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Settings(data=tmp_path)
    there = Settings(data=tmp_path, catalog=SecretStr(postgres_server.new_database()))
    nowhere = newsledger("migrate", "--data", tmp_path)
    assert "NEWSLEDGER_CATALOG: names the database" in nowhere.stderr
    assert there.catalog
    monkeypatch.setenv("NEWSLEDGER_CATALOG", there.catalog.get_secret_value())
    for source, target, options in ((here, there, []), (there, here, ["--back"])):
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


def test_a_migration_that_is_killed_before_any_of_its_steps_can_be_repeated(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    here = Settings(data=tmp_path)
    there = Settings(data=tmp_path, catalog=SecretStr(postgres_server.new_database()))
    with Ledger.open(here.ledger_catalog) as ledger:
        ledger.append([item("kept")], Run("before"))
    rows = rows_of(here.ledger_catalog)
    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as process:
        for migrate, source, target in ((migrate_to_postgres, here, there), (migrate_to_data_directory, there, here)):
            steps = process.submit(killed_at_each_step, migrate, there, source.ledger_catalog).result()
            assert steps > len(("copied", "restored", "compared", "put aside"))
            assert rows_of(target.ledger_catalog) == rows
            assert not Ledger.exists(source.ledger_catalog)
            assert not migrate(there), "there is nothing to move any more"


def killed_at_each_step(migrate: Callable[[Settings], bool], settings: Settings, source: LedgerPlace) -> int:
    """Migrate in a process that is killed before the first step, then in one that is killed before the second, and so
    on until one has done the rest. Returns how many were killed.
    """
    Ledger.open(source).close()  # so that not every process imports and checks what this needs
    for step in count(1):
        process = os.fork()
        if process == 0:
            try:
                run_until(migrate, settings, step)
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if ended != -signal.SIGKILL:
            assert ended == 0, "see standard error"
            return step - 1
    raise AssertionError("count has no end")


def run_until(migrate: Callable[[Settings], bool], settings: Settings, step: int) -> None:
    """Migrate, and kill this process before a line that moves or renames files."""
    lines = count(1)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if (frame.f_code.co_filename, frame.f_code.co_name) not in STEPS:
            return None
        if event == "line" and next(lines) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    migrate(settings)
