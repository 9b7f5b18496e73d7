"""The SQLite connection of a standalone Airflow to its own database. Airflow loads it by name, see standalone.py.

SQLAlchemy opens savepoints outside a transaction. SQLite then starts a transaction that is read-only until its first
write. That write fails immediately with "database is locked" if another process has written in the meantime. Airflow
creates each day of a backfill in a savepoint. While tasks were running, eight of eight backfills over a year failed;
with this connection all of them succeed.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class Connection(sqlite3.Connection):
    """A connection whose savepoints wait for the write lock, as other statements do."""

    begun_for: str | None = None
    """The savepoint that this connection opened a transaction for; its release commits the transaction."""

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)


class Cursor(sqlite3.Cursor):
    """Starts a write transaction before each savepoint that is not in a transaction."""

    connection: Connection

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        verb, _, savepoint = sql.partition("SAVEPOINT ")
        if savepoint and not verb and not self.connection.in_transaction:
            super().execute("BEGIN IMMEDIATE")
            self.connection.begun_for = savepoint
        super().execute(sql, parameters)
        if verb == "RELEASE " and savepoint == self.connection.begun_for:
            super().execute("COMMIT")
        return self


LOCK_SECONDS = 60
"""How long a statement waits for the write lock. The default of 5 seconds is too short for a click while tasks run."""
CONNECT_ARGS = {"factory": Connection, "timeout": LOCK_SECONDS}
ASYNC_CONNECT_ARGS = {"timeout": LOCK_SECONDS}
