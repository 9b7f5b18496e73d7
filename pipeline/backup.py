"""Back up a ledger and its archive into a folder while runs continue, and restore them.

A backup has the layout of a data directory. First the catalog is copied as it is at one moment, then the files that it
names: files are only added, and one that was replaced is kept for a day (`pipeline.steps.maintain`). The copied catalog
gets its name last, so the one of the backup before holds until then, with all its files. Files of events that the new
one does not name are deleted at the end. Files of the archive are never deleted, but an erased record is overwritten
here, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from pipeline.copying import ARCHIVE, EVENTS, Copying, LocalTree, anchors_tree, installed_files
from pipeline.errors import LedgerLocked, StorageError
from pipeline.events import EVENT_TYPES, ErasedRecord, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.disk import disk_errors, fsync
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.ledger.session import connect
from pipeline.ledger.sql import statement
from pipeline.ledger.tables import BOOKKEEPING
from pipeline.settings import LedgerPlace, Settings
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.verification.archive_files import NamedFile

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/")
"""The beginning of an address such as s3://bucket, of which a path keeps one slash."""
UNFINISHED = "restore.unfinished"
"""A file in the data directory while a backup is copied into it."""


class Backup(msgspec.Struct, frozen=True):
    """The result of one backup."""

    position: int
    """The last position of the ledger that it holds."""
    digest: str
    """The digest of the ledger's chain up to there."""
    copied: int
    """Number of files that were new or had changed."""
    copied_bytes: int
    kept: int
    """Number of files that the backup had already."""
    deleted: int
    """Number of files that the ledger no longer needs."""


def back_up(settings: Settings, folder: Path, on_progress: OnProgress = ignore_progress) -> Backup:
    """Bring the backup in this folder up to date; make it if it does not exist.

    Raises LedgerMissing, StorageError (also if the folder holds another ledger's backup, or a file has been deleted
    meanwhile, or is not what an earlier backup has of it), and LedgerLocked if another backup into it is running.
    """
    if _ADDRESS.match(str(folder)):
        raise StorageError(f"{folder}: is an address; a backup is a folder, which may be one of a mounted file system")
    folder = folder.expanduser().absolute()
    if folder.is_relative_to(settings.data) or settings.data.is_relative_to(folder):
        raise StorageError(f"{folder}: the backup and the data directory {settings.data} must not contain each other")
    with disk_errors(folder), _alone(folder):
        with Ledger.open_existing(settings.ledger_catalog) as ledger:
            _require_same_ledger(ledger, folder / settings.local_catalog.name)
            erased = defaultdict[str, list[tuple[int, int]]](list)
            for each in ledger.select(ErasedRecord, "erased_records"):
                erased[f"{ARCHIVE}{each.warc_file}"].append((each.warc_offset, each.warc_offset + each.warc_length))
            named = ledger.select(NamedFile, "named_files")
        catalog = folder / settings.local_catalog.name
        copy = catalog.with_name(f"{catalog.name}.copying")
        copy.unlink(missing_ok=True)
        _save_catalog(settings.ledger_catalog, copy)
        installed = installed_files(settings)
        copying = Copying(installed, LocalTree(folder), on_progress, erased)
        needed = _event_files(copy, folder / catalog.stem)
        copying.files(path.relative_to(folder).as_posix() for path in needed)
        if missing := [path for path in needed if not path.exists()]:
            raise StorageError(f"{missing[0]}: was deleted while the backup was made; back up again")
        copying.files(installed.names(ARCHIVE))
        anchors = Copying(anchors_tree(settings), LocalTree(folder), on_progress)
        anchors.file(settings.anchors_file.name)
        fsync(copy)
        for log in ("-wal", "-shm"):  # a killed process may have left them
            catalog.with_name(f"{catalog.name}{log}").unlink(missing_ok=True)
        copy.replace(catalog)
        left = {*(folder / catalog.stem).rglob("*.parquet")} - {*needed}
        for path in left:
            path.unlink()
        fsync(folder)
        with Ledger.open(catalog) as copied:
            head = copied.head()
    if lost := [each for each in named if installed.state(f"{ARCHIVE}{each.name}") is None]:
        first = f"{ARCHIVE}{lost[0].name}"
        copy = folder / first
        hint = f"The backup has it: copy {copy} back" if copy.exists() else "Look for it in another backup"
        more = f", and so are {len(lost) - 1} more files" if len(lost) > 1 else ""
        raise StorageError(
            f"{installed.address(first)}: is missing, although {lost[0].records} events name it{more}; everything else"
            f" was backed up. {hint}"
        )
    new, new_bytes = copying.copied + anchors.copied, copying.copied_bytes + anchors.copied_bytes
    return Backup(head.position, head.digest, new, new_bytes, copying.kept + anchors.kept, len(left))


def restore(folder: Path, settings: Settings, on_progress: OnProgress = ignore_progress) -> None:
    """Copy a backup into the data directory, which must have no ledger and no archive, except those of a restore that
    was interrupted. Raises StorageError.

    The caller verifies the result.
    """
    folder = folder.expanduser().absolute()
    catalog = folder / settings.local_catalog.name
    if not catalog.is_file():
        raise StorageError(f"{folder}: holds no backup, for it has no {catalog.name}")
    unfinished, installed = settings.data / UNFINISHED, installed_files(settings)
    if not unfinished.exists():
        for place, exists in (
            (catalog_at(settings.ledger_catalog), Ledger.exists(settings.ledger_catalog)),
            (installed.address(ARCHIVE).rstrip("/"), settings.s3 is None and settings.archive_root.exists()),
            (installed.address(ARCHIVE), settings.s3 is not None and any(installed.names(ARCHIVE))),
        ):
            if exists:
                raise StorageError(f"{place}: is there already; restore into an empty data directory")
    with disk_errors(settings.data), _alone(folder):
        settings.data.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        backup = LocalTree(folder)
        copying = Copying(backup, installed, on_progress)
        for part in (ARCHIVE, EVENTS):
            copying.files(backup.names(part))
        Copying(backup, anchors_tree(settings), on_progress).file(settings.anchors_file.name)
        if isinstance(settings.ledger_catalog, Path):
            Copying(backup, LocalTree(settings.data), on_progress).file(catalog.name)
        else:
            from pipeline.ledger.postgres_copy import restore_catalog  # what it imports is installed for a cluster only

            restore_catalog(catalog, settings.ledger_catalog)
        unfinished.unlink()


def _save_catalog(place: LedgerPlace, copy: Path) -> None:
    if isinstance(place, Path):
        LocalCatalog(place).copy_to(copy)
        return
    from pipeline.ledger.postgres_copy import save_catalog  # what it imports is installed for a cluster only

    save_catalog(place, copy)


def _event_files(catalog: Path, folder: Path) -> list[Path]:
    """The files that a copied catalog needs, those of the bookkeeping included, in the folder where they are to lie."""
    with closing(connect(LocalCatalog(catalog, folder))) as con:
        return [
            Path(path)
            for table in (*BOOKKEEPING, *map(event_type, EVENT_TYPES))
            for data, _, deletions, _ in con.execute(statement("event_files"), {"table": table}).fetchall()
            for path in (data, deletions)
            if path is not None
        ]


def _require_same_ledger(ledger: Ledger, catalog: Path) -> None:
    """Raises StorageError if the folder's catalog is not an earlier state of the ledger."""
    if not Ledger.exists(catalog):
        return
    with Ledger.open(catalog) as earlier:
        head = earlier.head()
    if head.position and not ledger.has_append(head.digest):
        raise StorageError(
            f"{catalog.parent}: holds a backup of another ledger, or of a later state of this one; use another folder"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "backup.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as exc:
        raise LedgerLocked(f"{folder}: another backup or restore is using this folder") from exc
    try:
        yield
    finally:
        lock.release()
