"""A DuckDB session on the ledger, opened without any download."""

from __future__ import annotations

import sys
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import file_digest
from importlib import metadata
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import msgspec
from duckdb import DuckDBPyConnection

from pipeline.errors import LedgerDamaged, LedgerError, LedgerLocked, NewsledgerError
from pipeline.ledger.catalog import Catalog
from pipeline.ledger.disk import RECOVERY, first_line
from pipeline.ledger.sql import literal

_NO_DOWNLOADS: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_THREADS = 1
"""The ledger gets many small queries, and for those a second thread costs more than it saves (measured by
tests/benchmarks/queries.py). Processes that run side by side use the other cores."""


@contextmanager
def ledger_errors(catalog: Catalog) -> Iterator[None]:
    """Turn DuckDB's errors, and values that no version has written, into a LedgerError that names the ledger and says
    what to do; errors of its storage into StorageError."""
    try:
        with catalog.storage_errors():
            yield
    except (duckdb.Error, msgspec.ValidationError, UnicodeDecodeError) as exc:
        if catalog.is_contention(exc):
            raise LedgerLocked(f"{catalog}: {first_line(exc)}; nothing was recorded, try again") from exc
        raise LedgerError(f"{catalog}: cannot be read: {first_line(exc)}; {RECOVERY}") from exc


def connect(catalog: Catalog) -> DuckDBPyConnection:
    """A DuckDB session with the DuckLake attached as `ledger`. Raises LedgerDamaged if it cannot be opened, LedgerError
    while others keep it locked, StorageError if the disk is full."""
    if _REFUSAL not in sys.meta_path:
        sys.meta_path.insert(0, _REFUSAL)
    con = duckdb.connect(config=_NO_DOWNLOADS | {"allow_unsigned_extensions": "true", "threads": _THREADS})
    try:
        with catalog.storage_errors():
            _check_origin(tuple(catalog.extensions))
            _load(con, catalog.extensions)
            catalog.files.require_regular()
            catalog.attach(con)
            con.execute("set timezone = 'UTC'")
    except NewsledgerError:
        con.close()
        raise
    except duckdb.Error as exc:
        con.close()
        kind = LedgerError if catalog.is_contention(exc) else LedgerDamaged
        raise kind(f"{catalog}: cannot be opened as a ledger: {first_line(exc)}; if it is one, {RECOVERY}") from exc
    return con


class _PandasRefusal(MetaPathFinder, threading.local):
    """Refuses to import pandas in a thread that binds values.

    DuckDB tries it for each value, also for each in a list, to see whether it is one of pandas' own. If pandas is not
    installed, Python searches its whole path each time: a quarter of a second for a thousand ids.
    """

    is_binding = False

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if self.is_binding and fullname == "pandas":
            raise ModuleNotFoundError(fullname)


_REFUSAL = _PandasRefusal()


def execute(con: DuckDBPyConnection, sql: str, values: object) -> DuckDBPyConnection:
    """`con.execute`, faster if there are many values."""
    _REFUSAL.is_binding = True
    try:
        return con.execute(sql, values)
    finally:
        _REFUSAL.is_binding = False


@cache
def _check_origin(extensions: tuple[ModuleType, ...]) -> None:
    """Raise duckdb.Error unless the extensions are the files that were installed, or signed by DuckDB.

    Checked once in a process. A signature takes four times as long as the digest that the installer has recorded, and
    an Airflow run has a dozen processes.
    """
    changed = [module for module in extensions if not _is_as_installed(module)]
    if changed:
        with duckdb.connect(config=_NO_DOWNLOADS) as con:
            _load(con, changed)


def _is_as_installed(module: ModuleType) -> bool:
    """True if the extension's file has the digest that its package's RECORD names (PEP 376)."""
    try:
        recorded = metadata.distribution(module.__name__).files or ()
    except metadata.PackageNotFoundError:
        return False
    binary = _binary(module)
    digests = {file.hash.value for file in recorded if file.name == binary.name and file.hash}
    with binary.open("rb") as content:
        return urlsafe_b64encode(file_digest(content, "sha256").digest()).rstrip(b"=").decode() in digests


def _load(con: DuckDBPyConnection, extensions: Iterable[ModuleType]) -> None:
    for module in extensions:
        con.execute(f"load {literal(_binary(module))}")


def _binary(module: ModuleType) -> Path:
    """The extension's file in its Python package, which is pinned to DuckDB's version."""
    assert module.__file__
    folder = Path(module.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    path = next(folder.glob("*.duckdb_extension"), None)
    if path is None:
        raise LedgerDamaged(f"{module.__name__} does not fit DuckDB {duckdb.__version__}; install requirements.lock")
    return path
