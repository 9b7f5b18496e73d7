"""Savepoints in Airflow's own SQLite database, beside others that write."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from pipeline.airflow_database import CONNECT_ARGS
from pipeline.standalone import Airflow

COUNT = text("select count(*) from runs")
INSERT = text("insert into runs default values")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """As Airflow sets up its own."""
    path = tmp_path / "airflow.db"
    with sqlite3.connect(path) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table runs (id integer primary key)")
    return path


@pytest.fixture
def another(database: Path) -> Iterator[sqlite3.Connection]:
    """A writer that does not wait."""
    connection = sqlite3.connect(database, timeout=0, isolation_level=None)
    yield connection
    connection.close()


def engine(database: Path, connect_args: dict[str, Any] = CONNECT_ARGS) -> Engine:
    return create_engine(f"sqlite:///{database}", connect_args=connect_args)


def rows(connection: Connection) -> int:
    return int(connection.execute(COUNT).scalar_one())


def test_without_it_what_others_write_meanwhile_fails_a_savepoint(database: Path, another: sqlite3.Connection) -> None:
    with engine(database, {}).connect() as connection, connection.begin_nested():
        rows(connection)
        another.execute(INSERT.text)
        with pytest.raises(OperationalError, match="locked"):
            connection.execute(INSERT)


def test_nobody_else_writes_between_a_savepoint_s_reads_and_writes(database: Path, another: sqlite3.Connection) -> None:
    with engine(database).connect() as connection:
        with connection.begin_nested():
            assert rows(connection) == 0
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                another.execute(INSERT.text)
            connection.execute(INSERT)
        another.execute(INSERT.text)  # it has been released
        with connection.begin_nested():
            assert rows(connection) == 2


def test_a_statement_waits_a_minute_for_others_that_write(database: Path) -> None:
    with engine(database).connect() as connection:
        assert connection.execute(text("pragma busy_timeout")).scalar_one() == 60_000


def test_a_savepoint_in_a_transaction_ends_with_it(database: Path, another: sqlite3.Connection) -> None:
    with engine(database).connect() as connection:
        connection.execute(INSERT)
        with connection.begin_nested():
            connection.execute(INSERT)
        assert another.execute(COUNT.text).fetchone() == (0,)
        connection.commit()
        assert another.execute(COUNT.text).fetchone() == (2,)


def test_a_savepoint_in_another_is_undone_alone(database: Path, another: sqlite3.Connection) -> None:
    with engine(database).connect() as connection, connection.begin_nested():
        connection.execute(INSERT)
        inner = connection.begin_nested()
        connection.execute(INSERT)
        inner.rollback()
    assert another.execute(COUNT.text).fetchone() == (1,)


def test_a_savepoint_that_is_undone_leaves_nothing_and_holds_nobody_up(
    database: Path, another: sqlite3.Connection
) -> None:
    with engine(database).connect() as connection:
        savepoint = connection.begin_nested()
        connection.execute(INSERT)
        savepoint.rollback()
        connection.rollback()
        another.execute(INSERT.text)
        with connection.begin_nested():
            connection.execute(INSERT)
    assert another.execute(COUNT.text).fetchone() == (2,)


def test_the_database_is_migrated_once_by_each_version_of_airflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, log = tmp_path / "airflow", tmp_path / "log"
    home.mkdir()
    command = tmp_path / "bin" / "airflow"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\necho \"$@\"\n: > '{home}/airflow.db'\n")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command.with_name("python")))  # the `airflow` beside it is started
    airflow = Airflow(os.environ, log)
    airflow.migrate_database(home)
    airflow.migrate_database(home)
    assert log.read_text() == "db migrate\n", "Airflow was not started again"
    (home / "migrated_by").write_text("3.0.0")
    airflow.migrate_database(home)
    assert log.read_text() == "db migrate\n" * 2


def test_who_waits_for_airflow_is_told_what_for(tmp_path: Path) -> None:
    answers = iter([False, False, True])
    with capture_logs() as lines:
        Airflow({}, tmp_path / "log").wait_until(lambda: next(answers), "the API server", report_seconds=0)
    assert [(line["event"], line["waiting_for"]) for line in lines] == [("airflow_is_starting", "the API server")] * 2
