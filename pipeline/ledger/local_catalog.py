"""A ledger on one machine: a SQLite file, and a folder of Parquet files beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_sqlite_scanner
from duckdb import DuckDBPyConnection
from filelock import FileLock, Timeout

from pipeline.errors import LedgerLocked, StorageDenied
from pipeline.ledger.disk import disk_errors
from pipeline.ledger.event_folder import LocalFolder
from pipeline.ledger.sql import literal, statement


class LocalCatalog:
    """A SQLite file, with the Parquet files in the folder of the same name beside it: one machine, a local disk.

    SQLite answers contention with the error "database is locked". So writers take a file lock first and wait for each
    other there. The operating system frees it if the process dies.

    SQLite needs files of its own beside the catalog even to read it. If the place is write-protected, such as a backup
    on a read-only disk, a temporary copy of the catalog is attached.
    """

    extensions = (duckdb_extension_ducklake, duckdb_extension_sqlite_scanner)

    def __init__(self, path: Path, files: Path | None = None) -> None:
        """`files` is the folder of the Parquet files if the catalog is a copy that does not lie beside it."""
        self.path = path
        self._folder = path.with_suffix("") if files is None else files
        self._copy: TemporaryDirectory[str] | None = None

    def __str__(self) -> str:
        return str(self.path)

    @property
    def id_index(self) -> Path:
        return self.path.with_suffix(".ids")

    of_one_host = None

    def exists(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    @property
    def files(self) -> LocalFolder:
        return LocalFolder(self._folder)

    def prepare(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._copy is None and self.exists() and not self._is_writable:
            self._copy = TemporaryDirectory(prefix="newsledger-")
            for name in (self.path.name, f"{self.path.name}-wal"):  # what the log beside it says is part of it
                if (path := self.path.with_name(name)).exists():
                    shutil.copyfile(path, Path(self._copy.name, name))

    @property
    def _is_writable(self) -> bool:
        return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)

    @property
    def _attached(self) -> Path:
        return self.path if self._copy is None else Path(self._copy.name, self.path.name)

    def attach(self, con: DuckDBPyConnection) -> None:
        place = literal(f"ducklake:sqlite:{self._attached}")
        con.execute(statement("attach_local").format(catalog=place, files=literal(f"{self._folder}/")))

    def require_writable(self) -> None:
        if self._copy is not None:
            raise StorageDenied(f"{self}: is write-protected: it can be read and verified, but nothing can be recorded")

    @contextmanager
    def exclusive(self, timeout_seconds: float) -> Iterator[None]:
        path = self._attached.with_suffix(".lock")
        try:
            path.touch()  # FileLock would wait for a folder that takes no files
        except FileNotFoundError as exc:
            raise StorageDenied(f"{path}: no file can be made there") from exc
        lock = FileLock(path, timeout=timeout_seconds)
        try:
            lock.acquire()
        except Timeout as exc:
            raise LedgerLocked(
                f"{self}: another process has held the ledger's lock for {timeout_seconds:g} s;"
                " nothing was recorded, try again"
            ) from exc
        try:
            yield
        finally:
            lock.release()

    def require_exclusive(self) -> None:
        """A process does not lose a file lock."""

    def compact(self) -> None:
        with closing(sqlite3.connect(self.path, timeout=30)) as con:
            con.execute("vacuum")
            con.execute("pragma wal_checkpoint(truncate)")

    def copy_to(self, path: Path) -> None:
        with closing(sqlite3.connect(self._attached, timeout=30)) as con:
            con.execute("vacuum into ?", [str(path)])

    def is_contention(self, exc: Exception) -> bool:
        words = ("locked", "conflict", "primary key", "busy")
        return isinstance(exc, duckdb.Error | sqlite3.Error) and any(word in str(exc).lower() for word in words)

    def storage_errors(self) -> AbstractContextManager[None]:
        return disk_errors(self.path)
