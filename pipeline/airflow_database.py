"""How a standalone Airflow connects to its own database, which is SQLite.

SQLAlchemy opens savepoints outside a transaction there. SQLite then begins one that only reads until its first write,
and that fails at once, "database is locked", if anyone has written since. Airflow makes a backfill in a savepoint a
day: while tasks ran, none of eight of a year could be made, and with this all of them.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class Connection(sqlite3.Connection):
    """Savepoints wait for their turn to write, as other statements do."""

    begun_for: str | None = None
    """The savepoint whose release ends the transaction that was begun for it."""

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)


class Cursor(sqlite3.Cursor):
    """Puts each savepoint that is not in a transaction into one that may write from its start."""

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


CONNECT_ARGS = {"factory": Connection}
