"""Back up a ledger and its archive into a folder or a bucket while runs continue, and restore them.

First the catalog is copied as it is at one moment, then the files that it names: files are only added, and one that
was replaced is kept for a day (`pipeline.steps.maintain`). The copied catalog is put in place last, so the earlier
backup holds until then, with all its files. Files of events that the new one does not name are deleted at the end.
Files of the archive are never deleted, but an erased record is overwritten in the backup, too. A note says whose backup
it is, and nothing is written into any other place that is not empty. `pipeline.backup.place` has what a folder and a
bucket do differently.
"""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from pipeline.backup.place import BackupPlace, End, FolderBackup
from pipeline.copying import ARCHIVE, EVENTS, Copying, FileTree, LocalTree, anchors_tree, erased_places, installed_files
from pipeline.errors import SettingsError, StorageError
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.disk import disk_errors
from pipeline.ledger.event_files import files_of_tables
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.ledger.session import connect
from pipeline.ledger.tables import BOOKKEEPING
from pipeline.places import S3, LedgerPlace, S3Place, at_home, openable
from pipeline.seen_ledgers import first_append
from pipeline.settings import Settings
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.verification.archive_files import NamedFile


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


def back_up(settings: Settings, place: Path | str, on_progress: OnProgress = ignore_progress) -> Backup:
    """Bring the backup in this folder, or at an address such as s3://bucket/prefix, up to date; make it if it does not
    exist.

    Raises SettingsError, LedgerMissing, StorageError (also if the place holds something else than a backup of this
    ledger, or a file has been deleted meanwhile, or is not what an earlier backup has of it), LedgerError if the ledger
    cannot be read, and LedgerLocked if another backup into it is running.
    """
    backup, installed = _backup_at(place, settings), installed_files(settings)
    backup.require_apart(settings)
    with backup.writing():
        with Ledger.open_existing(settings.ledger_catalog) as ledger:
            ledger.head()  # raises LedgerError unless there is one
            first = _require_same_ledger(ledger, backup)
            erased = erased_places(ledger)
            named = ledger.select(NamedFile, "named_files")
        backup.copy.unlink(missing_ok=True)
        _save_catalog(settings.ledger_catalog, backup.copy)
        copying = Copying(installed, backup.files, on_progress, erased)
        end, needed = _contents(backup.copy, installed)
        copying.files(needed)
        if missing := [name for name in needed if backup.files.state(name) is None]:
            raise StorageError(
                f"{backup.files.address(missing[0])}: was deleted while the backup was made; back up again"
            )
        copying.files(installed.names(ARCHIVE))
        anchors = Copying(anchors_tree(settings), backup.files, on_progress)
        anchors.file(settings.anchors_file.name)
        deleted = backup.complete(first, end, needed)
    if lost := [each for each in named if installed.state(f"{ARCHIVE}{each.name}") is None]:
        name = f"{ARCHIVE}{lost[0].name}"
        kept = backup.files.state(name) is not None
        hint = f"The backup has it: copy {backup.files.address(name)} back" if kept else "Look for it in another backup"
        more = f", and so are {len(lost) - 1} more files" if len(lost) > 1 else ""
        raise StorageError(
            f"{installed.address(name)}: is missing, although {lost[0].records} events name it{more}; everything else"
            f" was backed up. {hint}"
        )
    new, new_bytes = copying.copied + anchors.copied, copying.copied_bytes + anchors.copied_bytes
    return Backup(end.position, end.digest, new, new_bytes, copying.kept + anchors.kept, deleted)


def restore(place: Path | str, settings: Settings, on_progress: OnProgress = ignore_progress) -> None:
    """Copy a backup into the data directory, which must have no ledger and no archive, except those of a restore that
    was interrupted. Raises SettingsError, StorageError.

    The caller verifies the result.
    """
    backup = _backup_at(place, settings)
    unfinished, installed = settings.unfinished_restore_file, installed_files(settings)
    with disk_errors(settings.data), backup.reading():
        if unfinished.exists():
            _require_continued(unfinished, backup, settings)
        else:
            _require_empty(settings, installed)
        settings.data.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(f"{backup}\n", "utf-8", "surrogateescape")
        copying = Copying(backup.files, installed, on_progress, may_replace=True)  # an erasure may lie between
        for part in (ARCHIVE, EVENTS):
            copying.files(backup.files.names(part))
        Copying(backup.files, anchors_tree(settings), on_progress).file(settings.anchors_file.name)
        if isinstance(settings.ledger_catalog, Path):
            catalog = backup.catalog
            Copying(LocalTree(catalog.parent), LocalTree(settings.data), on_progress).file(catalog.name)
        else:
            from pipeline.ledger.postgres_copy import restore_catalog  # what it imports is installed for a cluster only

            restore_catalog(backup.catalog, settings.ledger_catalog)
        unfinished.unlink()


def _backup_at(place: Path | str, settings: Settings) -> BackupPlace:
    """The place at a path or an address. Raises StorageError, SettingsError if it cannot be one of a backup."""
    catalog = settings.local_catalog.name
    try:
        if not str(place).lower().startswith(S3):
            return FolderBackup(openable(at_home(Path(place)).resolve()), catalog)
        bucket = S3Place.at(str(place))
    except ValueError as exc:
        raise StorageError(f"{place}: {exc}") from exc
    if not find_spec("boto3"):
        raise SettingsError(f"{place}: needs packages that are not installed: install newsledger[cluster]")
    from pipeline.backup.bucket import BucketBackup  # what it imports is installed with this extra only

    return BucketBackup(bucket, catalog)


def _require_empty(settings: Settings, installed: FileTree) -> None:
    for place, exists in (
        (catalog_at(settings.ledger_catalog), Ledger.exists(settings.ledger_catalog)),
        (installed.address(ARCHIVE).rstrip("/"), settings.s3 is None and settings.archive_root.exists()),
        (installed.address(ARCHIVE), settings.s3 is not None and any(installed.names(ARCHIVE))),
    ):
        if exists:
            raise StorageError(f"{place}: is there already; restore into an empty data directory")


def _require_continued(unfinished: Path, backup: BackupPlace, settings: Settings) -> None:
    """Raises StorageError if the interrupted restore was one of another backup, or if its ledger has been used since:
    the catalog is copied last, so it must be missing, empty or that of the backup."""
    begun = unfinished.read_text("utf-8", "surrogateescape").rstrip("\n")
    if begun != str(backup):
        raise StorageError(
            f"{settings.data}: was begun to be restored from {begun}; restore that one, or empty the directory"
        )
    if not Ledger.exists(settings.ledger_catalog):
        return
    with Ledger.open(settings.ledger_catalog) as there:
        found = there.head()
    if found.position and End(found.position, found.digest) != backup.end():
        raise StorageError(
            f"{settings.data}: an interrupted restore has left {unfinished.name} here, but the ledger was used since"
            f" (it ends at {found.position}:{found.digest}): delete {unfinished.name} to keep it, or restore into an"
            " empty data directory"
        )


def _save_catalog(place: LedgerPlace, copy: Path) -> None:
    if isinstance(place, Path):
        catalog = LocalCatalog(place)
        catalog.prepare()
        catalog.copy_to(copy)
        return
    from pipeline.ledger.postgres_copy import save_catalog  # what it imports is installed for a cluster only

    save_catalog(place, copy)


def _contents(catalog: Path, installed: FileTree) -> tuple[End, list[str]]:
    """The end of the ledger in a copied catalog, and the files that it needs, those of the bookkeeping included."""
    with TemporaryDirectory(prefix="newsledger-") as name:
        folder = Path(name)
        with closing(connect(LocalCatalog(catalog, folder / EVENTS))) as con:
            tables = [*BOOKKEEPING, *map(event_type, EVENT_TYPES)]
            files = [
                (table, Path(path).relative_to(folder).as_posix())
                for table, data, _, deletions, _ in con.execute(files_of_tables(tables)).fetchall()
                for path in (data, deletions)
                if path is not None
            ]
            of_head = (path for table, path in files if table == "log_head")
            Copying(installed, LocalTree(folder), ignore_progress).files(of_head)
            [head] = con.execute("select position, digest from ledger.log_head").fetchall()
    return End(*head), [path for _, path in files]


def _require_same_ledger(ledger: Ledger, backup: BackupPlace) -> str | None:
    """Note that the place holds a backup of this ledger, and return its first append. Raises StorageError if it holds
    another one's, or a later state."""
    first, noted, earlier = first_append(ledger), backup.first_append(), backup.end()
    if noted not in (None, first) or (earlier and earlier.position and not ledger.has_append(earlier.digest)):
        raise StorageError(
            f"{backup}: holds a backup of another ledger, or of a later state of this one; use another place"
        )
    if noted is None:
        backup.note(first)
    return first
