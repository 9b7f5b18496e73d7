"""A ledger of several machines: a PostgreSQL database, and Parquet files in S3 or in a folder that all of them see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_postgres_scanner
import psycopg
from duckdb import DuckDBPyConnection
from psycopg.sql import SQL, Identifier

from pipeline import postgres
from pipeline.errors import LedgerLocked, SettingsError, StorageError
from pipeline.ledger.event_folder import EventFolder, LocalFolder
from pipeline.ledger.sql import literal, statement
from pipeline.places import S3, PostgresPlace

_LOST = (
    "unable to connect to postgres",
    "connection to server",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "ssl connection has been closed",
    'failed to execute query "rollback"',
)
"""What DuckDB's messages about a lost connection contain. After the last one nothing more follows."""

_DENIED = ("permission denied for", "must be owner of", "in a read-only transaction")
"""One of these is in each message of DuckDB about a missing right."""


class PostgresCatalog:
    """Writers wait for each other at an advisory lock, held by a session of its own: it ends with its process or its
    machine, and PostgreSQL then frees the lock. A writer that has lost this session does not commit. DuckDB connects
    to the server by itself, and again after the server was restarted.
    """

    def __init__(self, place: PostgresPlace) -> None:
        self._place, self._conninfo = place, place.conninfo
        self._lock: postgres.Session | None = None
        self._attached: DuckDBPyConnection | None = None
        self.extensions: tuple[ModuleType, ...] = (duckdb_extension_ducklake, duckdb_extension_postgres_scanner)
        self.files: EventFolder = LocalFolder(place.files)
        if place.s3 is not None:
            import duckdb_extension_httpfs  # installed for a cluster only

            from pipeline.ledger.s3_folder import S3Folder

            self.extensions = (*self.extensions, duckdb_extension_httpfs)
            self.files = S3Folder(place.s3)

    def __str__(self) -> str:
        return postgres.server_name(self._conninfo)

    @property
    def id_index(self) -> Path:
        return self._place.files.with_suffix(".ids")

    @property
    def of_one_host(self) -> Path:
        return self._place.files.with_suffix(".sqlite")

    def exists(self) -> bool:
        with postgres.server_errors(self._conninfo), postgres.connect(self._conninfo) as session:
            if session.execute("select to_regclass('ducklake_table')").fetchone() == (None,):
                return False
            return session.execute("select exists (select from ducklake_table)").fetchone() == (True,)

    def prepare(self) -> None:
        self._place.files.parent.mkdir(parents=True, exist_ok=True)

    def attach(self, con: DuckDBPyConnection) -> None:
        conninfo, password = postgres.split_password(self._conninfo)
        secret = "" if password is None else f"password {literal(password)}"
        attach = statement("attach_postgres").format(
            secret=f"type postgres, {secret}".rstrip(" ,"),
            catalog=literal(f"ducklake:postgres:{conninfo}"),
            files=literal(f"{self.files}/"),
        )
        self.files.give_access(con)
        con.execute(attach)
        self._attached = con
        self._require_files(con)

    def _require_files(self, con: DuckDBPyConnection) -> None:
        """Raises SettingsError if the catalog lists files, and has them in a store or folder that is not the one of the
        settings, unless there are files, too: a bucket may have been copied."""
        for (place,) in con.execute(statement("place_of_files")).fetchall():
            if place != f"{self.files}/" and f"{place} {self.files}".count(S3):
                self._require_copies(place)

    def _require_copies(self, place: str) -> None:
        message = f"{self}: its files are in {place}, and the settings name {self.files}/: correct NEWSLEDGER_STORAGE"
        try:
            if self.files.has_any(besides=()):
                return
        except StorageError as exc:
            raise StorageError(f"{message} ({exc})") from exc
        raise SettingsError(message)

    def require_writable(self) -> None:
        """PostgreSQL says so itself if this user may only read."""

    @contextmanager
    def exclusive(self, timeout_seconds: float) -> Iterator[None]:
        try:
            with postgres.advisory_lock(self._conninfo, "ledger", timeout_seconds) as self._lock:
                yield
        except postgres.LockTimeout as exc:
            raise LedgerLocked(
                f"{self}: another process has held the ledger's lock for {timeout_seconds:g} s;"
                " nothing was recorded, try again"
            ) from exc

    def require_exclusive(self) -> None:
        try:
            assert self._lock
            self._lock.execute("select")
        except psycopg.OperationalError as exc:
            raise StorageError(
                f"{self}: the session that held the ledger's lock was lost; nothing was recorded, run the same again"
            ) from exc

    def compact(self) -> None:
        with postgres.server_errors(self._conninfo), postgres.connect(self._conninfo) as session:
            tables = session.execute("select tablename from pg_tables where tablename like 'ducklake%'").fetchall()
            for (table,) in tables:
                session.execute(SQL("vacuum full {}").format(Identifier(str(table))))

    def is_contention(self, exc: Exception) -> bool:
        words = ("conflict", "primary key", "could not serialize", "deadlock")
        return isinstance(exc, duckdb.Error) and any(word in str(exc).lower() for word in words)

    @contextmanager
    def storage_errors(self) -> Iterator[None]:
        if self._attached is not None:
            self.files.give_access(self._attached)
        try:
            with self.files.errors(), postgres.server_errors(self._conninfo):
                yield
        except duckdb.Error as exc:
            if any(words in str(exc).lower() for words in _LOST):
                raise postgres.lost_connection(self._conninfo, str(exc)) from exc
            denied = [line for line in str(exc).splitlines() if any(words in line.lower() for words in _DENIED)]
            if denied:
                raise postgres.right_missing(self._conninfo, denied[0]) from exc
            raise
