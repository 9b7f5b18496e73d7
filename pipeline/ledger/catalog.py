"""Where a ledger lies, and everything that depends on it.

The ledger is a DuckLake: Parquet files, and a catalog database that lists them. `Catalog` names what differs between
places for these two; the rest of the package, dbt and the steps are the same for all of them. Merging and deleting
files are DuckLake's own statements and do not differ either. A further place is one more class that fits `Catalog`, and
one more case in `catalog_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Protocol

from duckdb import DuckDBPyConnection

from pipeline.ledger.event_folder import EventFolder
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.places import LedgerPlace


class Catalog(Protocol):
    """One place of a ledger. `str()` of it names the place in messages."""

    @property
    def extensions(self) -> Sequence[ModuleType]:
        """The Python packages of the DuckDB extensions that attaching needs."""

    def exists(self) -> bool:
        """False if there is no ledger yet, or only an empty file."""

    def prepare(self) -> None:
        """Make what DuckLake does not make itself, such as folders."""

    def attach(self, con: DuckDBPyConnection) -> None:
        """Attach the DuckLake as `ledger`, and create it if it does not exist. Raises duckdb.Error."""

    @property
    def files(self) -> EventFolder:
        """The Parquet files."""

    @property
    def id_index(self) -> Path:
        """The file of the index of ids, on this machine."""

    @property
    def of_one_host(self) -> Path | None:
        """The file that a ledger of one host has in the same data directory until it is migrated here; None if this
        is the ledger of one host."""

    def require_writable(self) -> None:
        """Raises StorageError if the ledger can only be read."""

    def exclusive(self, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the lock that all writers take. Raises LedgerLocked after the timeout."""

    def require_exclusive(self) -> None:
        """Raises StorageError if the lock that `exclusive` took is lost. Call it right before a commit."""

    def compact(self) -> None:
        """Write the catalog again, without the rows that were deleted from it: they may repeat the values of events."""

    def is_contention(self, exc: Exception) -> bool:
        """True for an error that means: somebody else was writing, try again."""

    def storage_errors(self) -> AbstractContextManager[None]:
        """Turn errors of the place's storage, such as a full disk, into StorageError."""


def catalog_at(place: LedgerPlace) -> Catalog:
    """The catalog at this place: a path is a SQLite file."""
    if isinstance(place, Path):
        return LocalCatalog(place)
    from pipeline.ledger.postgres_catalog import PostgresCatalog  # what it imports is installed for a cluster only

    return PostgresCatalog(place)
