"""Copy the catalog of a ledger between PostgreSQL and a SQLite file.

DuckLake has the same tables in both. SQLite stores what it has no type for as text or a number; DuckLake stores the
text of its own rows in PostgreSQL as bytes, because PostgreSQL's text has no NUL.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg.sql import SQL, Composable, Composed, Identifier

from pipeline import postgres
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.ledger.postgres_catalog import PostgresCatalog
from pipeline.ledger.session import connect
from pipeline.ledger.sql import statement
from pipeline.places import PostgresPlace

_BATCH_ROWS = 10_000
_READ_AS = {
    "boolean": SQL("{}::int"),
    "bytea": SQL("convert_from({}, 'UTF8')"),
    "timestamp with time zone": SQL("{}::text"),
    "uuid": SQL("{}::text"),
}
"""How a value of PostgreSQL is read to be what DuckLake stores in SQLite. Other types are the same."""

Types = Mapping[str, str]
"""The type of each column of a table, by name."""


def save_catalog(place: PostgresPlace, path: Path) -> None:
    """Write what the catalog is at one moment into a new SQLite file, while others may be writing.

    Raises StorageError.
    """
    connect(LocalCatalog(path, place.files)).close()  # DuckLake makes the tables that every catalog has
    with _one_moment(place) as session, closing(sqlite3.connect(path)) as copy, copy:
        for table, types in _tables(session).items():
            name, columns = Identifier(table), _list(Identifier(column) for column in types)
            declared = _list(
                SQL("{} {}").format(Identifier(column), SQL("bigint" if kind == "bigint" else "varchar"))
                for column, kind in types.items()
            )
            copy.execute(SQL("create table if not exists {} ({})").format(name, declared).as_string())
            copy.execute(SQL("delete from {}").format(name).as_string())
            insert = SQL("insert into {} ({}) values ({})").format(name, columns, _list(SQL("?") for _ in types))
            values = (_READ_AS.get(kind, SQL("{}")).format(Identifier(column)) for column, kind in types.items())
            with session.cursor(name="rows") as rows:
                rows.itersize = _BATCH_ROWS
                rows.execute(SQL("select {} from {}").format(_list(values), name))
                copy.executemany(insert.as_string(), rows)


def restore_catalog(path: Path, place: PostgresPlace) -> None:
    """Make the catalog what a SQLite file says, in one transaction. What it was before is lost.

    Raises StorageError.
    """
    connect(PostgresCatalog(place)).close()
    with (
        closing(sqlite3.connect(path)) as source,
        postgres.server_errors(place.conninfo),
        postgres.connect(place.conninfo) as session,
        session.transaction(),
    ):
        known = _tables(session)
        for table, types in (_inlined(source) | known).items():
            name, columns = Identifier(table), _list(Identifier(column) for column in types)
            if table not in known:
                declared = (SQL("{} {}").format(Identifier(column), SQL(kind)) for column, kind in types.items())
                session.execute(SQL("create table {} ({})").format(name, _list(declared)))
            session.execute(SQL("delete from {}").format(name))
            found = source.execute(SQL("select {} from {}").format(columns, name).as_string())
            with session.cursor().copy(SQL("copy {} ({}) from stdin").format(name, columns)) as rows:
                for row in found:
                    rows.write_row(
                        [
                            value.encode() if kind == "bytea" and value is not None else value
                            for value, kind in zip(row, types.values(), strict=True)
                        ]
                    )
        session.execute(
            "update ducklake_metadata set value = %s where key = 'data_path'", [f"{PostgresCatalog(place).files}/"]
        )


def put_aside(place: PostgresPlace) -> None:
    """Move the catalog's tables into the schema `newsledger_migrated`, so that there is no ledger any more.

    Raises StorageError.
    """
    with postgres.server_errors(place.conninfo), postgres.connect(place.conninfo) as session, session.transaction():
        session.execute("drop schema if exists newsledger_migrated cascade")
        session.execute("create schema newsledger_migrated")
        for table in _tables(session):
            session.execute(SQL("alter table {} set schema newsledger_migrated").format(Identifier(table)))


@contextmanager
def _one_moment(place: PostgresPlace) -> Iterator[postgres.Session]:
    """A session in which all queries see the database as it is now."""
    with postgres.server_errors(place.conninfo), postgres.connect(place.conninfo) as session, session.transaction():
        session.execute("set transaction isolation level repeatable read, read only")
        session.execute("set local timezone = 'UTC'")
        yield session


def _tables(session: postgres.Session) -> dict[str, Types]:
    """DuckLake's tables in PostgreSQL."""
    tables: dict[str, Types] = {}
    for table, column, kind in session.execute(statement("ducklake_columns_in_postgres")):
        tables[str(table)] = {**tables.get(str(table), {}), str(column): str(kind)}
    return tables


def _inlined(source: sqlite3.Connection) -> dict[str, Types]:
    """The tables of rows that have no file, as DuckLake makes them in PostgreSQL."""
    texts = set(source.execute("select table_id, column_name from ducklake_column where column_type = 'varchar'"))
    tables: dict[str, Types] = {}
    for (table,) in source.execute(
        "select name from sqlite_master where name glob 'ducklake_inlined_*[0-9]'"
    ).fetchall():
        table_id = int(re.findall("[0-9]+", table)[0])
        tables[table] = {
            name: "bigint" if kind.lower() == "bigint" else "bytea" if (table_id, name) in texts else "varchar"
            for _, name, kind, *_ in source.execute(f'pragma table_info("{table}")')
        }
    return tables


def _list(parts: Iterable[Composable]) -> Composed:
    return SQL(", ").join(parts)
