"""Move a ledger between the data directory and PostgreSQL: its catalog, and with NEWSLEDGER_STORAGE archive and Parquet
files, which are copied. Without, they stay.

The old catalog is put aside, and the old files stay. A process that has the catalog open cannot append to it any more.
One that is started with the old setting finds Parquet files without a catalog, and refuses to begin a new history.

A migration may be killed at any moment and repeated. Until the old catalog is put aside, it holds, and what the new
place has is written again; after that, the new one holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from pipeline.copying import ARCHIVE, EVENTS, Copying, FileTree, LocalTree, erased_places, installed_files
from pipeline.errors import LedgerError, SettingsError, StorageError
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.disk import fsync
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.places import LedgerPlace, PostgresPlace
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.steps.run.progress import OnProgress, ignore_progress


def migrate_to_postgres(settings: Settings, on_progress: OnProgress = ignore_progress) -> bool:
    """Move the ledger from the data directory into the database and the store of the settings.

    False if only the database has a ledger: then there is nothing to move. Raises SettingsError, LedgerMissing,
    LedgerLocked, StorageError. After an error, the old catalog still holds.
    """
    from pipeline.ledger.postgres_copy import restore_catalog  # what it imports is installed for a cluster only

    local, database = settings.local_catalog, _database(settings)
    copy = local.with_name(f"{local.name}.migrating")

    def move(ledger: Ledger) -> None:
        if settings.s3 is not None:
            _copy_files(settings, ledger, LocalTree(settings.data), installed_files(settings), on_progress)
            for path in (settings.build_file, settings.news_file):
                if path.exists():
                    shared_files(settings).send(path)
        copy.unlink(missing_ok=True)
        LocalCatalog(local).copy_to(copy)
        restore_catalog(copy, database)

    def put_aside() -> None:
        copy.unlink()
        _close_catalog(local)
        _rename_closed(local)

    _rename_closed(local)
    return _migrate(local, database, move, put_aside)


def migrate_to_data_directory(settings: Settings, on_progress: OnProgress = ignore_progress) -> bool:
    """Move the ledger from the database and the store of the settings into the data directory.

    False if only the data directory has a ledger. Raises as `migrate_to_postgres`."""
    from pipeline.ledger.postgres_copy import (
        put_aside,
        save_catalog,
    )  # what they import is installed for a cluster only

    local, database = settings.local_catalog, _database(settings)
    copy = local.with_name(f"{local.name}.migrating")

    def move(ledger: Ledger) -> None:
        if settings.s3 is not None:
            _copy_files(settings, ledger, installed_files(settings), LocalTree(settings.data), on_progress)
        copy.unlink(missing_ok=True)
        save_catalog(database, copy)
        fsync(copy)
        for log in ("-wal", "-shm"):  # a process that had the old catalog open may have left them
            local.with_name(f"{local.name}{log}").unlink(missing_ok=True)
        copy.replace(local)
        fsync(local.parent)

    _rename_closed(local)
    return _migrate(database, local, move, lambda: put_aside(database))


def _copy_files(
    settings: Settings, ledger: Ledger, source: FileTree, target: FileTree, on_progress: OnProgress
) -> None:
    """Files that an earlier migration has left in the target are replaced if records in them were erased since."""
    copying = Copying(source, target, on_progress, erased_places(ledger))
    for folder in (ARCHIVE, EVENTS):
        copying.files(source.names(folder))
    if settings.anchors is None:
        copying.file(settings.anchors_file.name)


def _database(settings: Settings) -> PostgresPlace:
    if isinstance(settings.ledger_catalog, PostgresPlace):
        return settings.ledger_catalog
    raise SettingsError("NEWSLEDGER_CATALOG: names the database of the migration and is not set")


def _migrate(
    source: LedgerPlace, target: LedgerPlace, move: Callable[[Ledger], None], put_aside: Callable[[], None]
) -> bool:
    """Move while nobody can append, and put the source aside if the target has the same head.

    False if only the target has a ledger.
    """
    if not Ledger.exists(source) and Ledger.exists(target):
        return False
    with Ledger.open_existing(source) as ledger, catalog_at(source).exclusive(60):
        if Ledger.exists(target) and not _is_earlier(target, ledger):
            raise StorageError(f"{catalog_at(target)}: has another ledger already")
        head = ledger.head()
        move(ledger)
        with Ledger.open(target) as moved:
            if moved.head() != head:
                raise LedgerError(f"{catalog_at(target)}: ends at {moved.head()}, and {catalog_at(source)} at {head}")
        ledger.close()
        put_aside()
    return True


_CLOSED = "ducklake_snapshot_migrated"
"""The name that DuckLake's table of snapshots has in a catalog that was put aside."""


def _close_catalog(path: Path) -> None:
    """Take from the processes that have the file open a table that they need to append."""
    with closing(sqlite3.connect(path, timeout=30)) as con:
        con.execute(f"alter table ducklake_snapshot rename to {_CLOSED}")


def _rename_closed(path: Path) -> None:
    """Rename a catalog that is closed, also if a migration was killed after it had closed it."""
    if not path.exists() or not _has_table(path, _CLOSED):
        return
    with closing(sqlite3.connect(path, timeout=30)) as con:
        con.execute("pragma wal_checkpoint(truncate)")
    path.replace(path.with_name(f"{path.name}.migrated"))
    fsync(path.parent)


def _has_table(path: Path, name: str) -> bool:
    """False also for a file that is no database."""
    with closing(sqlite3.connect(path)) as con, suppress(sqlite3.DatabaseError):
        return con.execute("select name from sqlite_master where name = ?", [name]).fetchone() is not None
    return False


def _is_earlier(place: LedgerPlace, ledger: Ledger) -> bool:
    """True if an interrupted migration has left an earlier state of the ledger there, or a late process nothing."""
    if isinstance(place, Path) and _has_no_tables(place):
        return True
    try:
        with Ledger.open(place) as found:
            head = found.head()
    except LedgerError:  # another ledger's files are not here
        return False
    return head.position == 0 or ledger.has_append(head.digest)


def _has_no_tables(path: Path) -> bool:
    """True for what DuckLake makes for a process whose catalog was put aside."""
    with closing(sqlite3.connect(path)) as con:
        try:
            if con.execute("select name from sqlite_master where name = 'ducklake_table'").fetchone() is None:
                return True
            return con.execute("select table_id from ducklake_table").fetchone() is None
        except sqlite3.DatabaseError:  # it is something else
            return False
