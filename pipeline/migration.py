"""Move a ledger between the data directory and PostgreSQL: its catalog, and with NEWSLEDGER_STORAGE archive and Parquet
files, which are copied. Without, they stay.

The old catalog is put aside, and the old files stay. A process that has the catalog open cannot append to it any more.
One that is started with the old setting finds Parquet files without a catalog, and refuses to begin a new history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
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


def migrate_to_postgres(settings: Settings, on_progress: OnProgress = ignore_progress) -> None:
    """Move the ledger from the data directory into the database and the store of the settings.

    Raises SettingsError, LedgerMissing, LedgerLocked, StorageError. After an error, the old catalog still holds.
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
        with closing(
            sqlite3.connect(local, timeout=30)
        ) as con:  # a process that has the file open must not append to it
            con.execute("alter table ducklake_snapshot rename to ducklake_snapshot_migrated")
            con.execute("pragma wal_checkpoint(truncate)")
        local.replace(local.with_name(f"{local.name}.migrated"))
        fsync(local.parent)

    _migrate(local, database, move, put_aside)


def migrate_to_data_directory(settings: Settings, on_progress: OnProgress = ignore_progress) -> None:
    """Move the ledger from the database and the store of the settings into the data directory.

    Raises as `migrate_to_postgres`."""
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

    _migrate(database, local, move, lambda: put_aside(database))


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
) -> None:
    """Move while nobody can append, and put the source aside if the target has the same head."""
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
