"""Back up a ledger and its archive into a folder while runs continue, and restore them.

A backup has the layout of a data directory. First the catalog is copied as it is at one moment, then the files that it
names: files are only added, and one that was replaced is kept for a day (`pipeline.steps.maintain`). The copied catalog
gets its name last, so the one of the backup before holds until then, with all its files. Files of events that the new
one does not name are deleted at the end. Files of the archive are never deleted, but an erased record is overwritten
here, too. A note in the folder says whose backup it is; nothing is written into any other folder that is not empty.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from pipeline.copying import ARCHIVE, EVENTS, Copying, FileTree, LocalTree, anchors_tree, installed_files
from pipeline.errors import LedgerLocked, StorageError
from pipeline.events import EVENT_TYPES, ErasedRecord, event_type
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.disk import disk_errors, fsync
from pipeline.ledger.event_files import files_of_tables
from pipeline.ledger.local_catalog import LocalCatalog
from pipeline.ledger.session import connect
from pipeline.ledger.tables import BOOKKEEPING
from pipeline.places import LedgerPlace, at_home, openable
from pipeline.seen_ledgers import first_append
from pipeline.settings import Settings
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.verification.archive_files import NamedFile

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/")
"""The beginning of an address such as s3://bucket, of which a path keeps one slash."""
_NOTE = "backup.json"
_NOTE_COPY = f"{_NOTE}.copying"
_LOCK = "backup.lock"
_NOBODYS = re.compile(
    rf"{re.escape(_LOCK)}|{re.escape(_NOTE_COPY)}|lost\+found|System Volume Information|\$RECYCLE\.BIN"
    r"|\.Trash(?:es|-\d+)?|\.Spotlight-V100|\.fseventsd|\.DS_Store"
)
"""Names in a folder that counts as empty: what an interrupted backup leaves, and what systems put into the root of
each disk, as on ext4, Windows, Linux desktops and macOS."""
_DATA_FILES = "main/*/ducklake-*.parquet"
"""The files of events, by DuckLake's names."""


class _Note(msgspec.Struct, frozen=True):
    """The note in the folder of a backup."""

    first_append: str | None
    """The digest of the ledger's first append, which no other ledger has; None if it was empty."""


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

    Raises LedgerMissing, StorageError (also if the folder holds something else than a backup of this ledger, or a file
    has been deleted meanwhile, or is not what an earlier backup has of it), and LedgerLocked if another backup into it
    is running.
    """
    if _ADDRESS.match(str(folder)):
        raise StorageError(
            f"{folder}: is an address; a backup is a folder (docs/operations.md, Back up, says how to keep one in S3)"
        )
    folder = _place(folder)
    if _contains(settings.data, folder) or _contains(folder, settings.data):
        raise StorageError(f"{folder}: the backup and the data directory {settings.data} must not contain each other")
    with disk_errors(folder), _alone_in_backup(folder):
        with Ledger.open_existing(settings.ledger_catalog) as ledger:
            _require_same_ledger(ledger, folder, settings.local_catalog.name)
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
        left = {*(folder / catalog.stem).glob(_DATA_FILES)} - {*needed}
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
    folder = _place(folder)
    catalog = folder / settings.local_catalog.name
    with LocalCatalog(catalog).storage_errors():
        _require_backup(LocalCatalog(catalog))
    unfinished, installed = settings.unfinished_restore_file, installed_files(settings)
    with disk_errors(settings.data), _alone_if_writable(folder):
        if unfinished.exists():
            _require_continued(unfinished, folder, settings)
        else:
            _require_empty(settings, installed)
        settings.data.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(f"{folder}\n", "utf-8", "surrogateescape")
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


def _place(folder: Path) -> Path:
    """The folder, without links. Raises StorageError if it cannot be used as a data directory, as a backup can."""
    try:
        return openable(at_home(folder).resolve())
    except ValueError as exc:
        raise StorageError(f"{folder}: {exc}") from exc


def _require_backup(catalog: LocalCatalog) -> None:
    """Raises StorageError or LedgerError unless a ledger is there, so that nothing is copied of what is none."""
    if not catalog.exists():
        raise StorageError(f"{catalog.path.parent}: holds no backup: it has no {catalog.path.name}, or an empty one")
    catalog.prepare()
    connect(catalog).close()


def _require_empty(settings: Settings, installed: FileTree) -> None:
    for place, exists in (
        (catalog_at(settings.ledger_catalog), Ledger.exists(settings.ledger_catalog)),
        (installed.address(ARCHIVE).rstrip("/"), settings.s3 is None and settings.archive_root.exists()),
        (installed.address(ARCHIVE), settings.s3 is not None and any(installed.names(ARCHIVE))),
    ):
        if exists:
            raise StorageError(f"{place}: is there already; restore into an empty data directory")


def _require_continued(unfinished: Path, folder: Path, settings: Settings) -> None:
    """Raises StorageError if the interrupted restore was one of another backup, or if its ledger has been used since:
    the catalog is copied last, so it must be missing, empty or that of the backup."""
    begun = unfinished.read_text("utf-8", "surrogateescape").rstrip("\n")
    if begun != str(folder):
        raise StorageError(
            f"{settings.data}: was begun to be restored from {begun}; restore that one, or empty the directory"
        )
    if not Ledger.exists(settings.ledger_catalog):
        return
    with Ledger.open(settings.ledger_catalog) as there, Ledger.open(folder / settings.local_catalog.name) as backup:
        found, expected = there.head(), backup.head()
    if found.position and found != expected:
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


def _event_files(catalog: Path, folder: Path) -> list[Path]:
    """The files that a copied catalog needs, those of the bookkeeping included, in the folder where they are to lie."""
    files = files_of_tables([*BOOKKEEPING, *map(event_type, EVENT_TYPES)])
    with closing(connect(LocalCatalog(catalog, folder))) as con:
        return [
            Path(path)
            for _, data, _, deletions, _ in con.execute(files).fetchall()
            for path in (data, deletions)
            if path is not None
        ]


def _contains(folder: Path, other: Path) -> bool:
    """True if `other` is the folder or lies in it, by whatever names: links and bind mounts lead to the same folder."""
    other = other.resolve()
    return any(each.exists() and folder.exists() and each.samefile(folder) for each in (other, *other.parents))


def _require_same_ledger(ledger: Ledger, folder: Path, catalog: str) -> None:
    """Note in the folder that it holds a backup of this ledger. Raises StorageError if it holds another one's, or a
    later state."""
    note, first = folder / _NOTE, first_append(ledger)
    try:
        noted = msgspec.json.decode(note.read_bytes(), type=_Note).first_append if note.exists() else None
    except msgspec.DecodeError as exc:
        raise StorageError(f"{note}: is no note of a backup ({exc}); use another folder") from exc
    is_same = noted in (None, first)
    if is_same and Ledger.exists(folder / catalog):
        with Ledger.open(folder / catalog) as earlier:
            head = earlier.head()
        is_same = not head.position or ledger.has_append(head.digest)
    if not is_same:
        raise StorageError(
            f"{folder}: holds a backup of another ledger, or of a later state of this one; use another folder"
        )
    if noted is None:
        (copy := folder / _NOTE_COPY).write_bytes(msgspec.json.encode(_Note(first)) + b"\n")
        copy.replace(note)


@contextmanager
def _alone_in_backup(folder: Path) -> Iterator[None]:
    """Raises StorageError if the folder holds something that no backup has written."""
    if folder.exists() and not (folder / _NOTE).exists():
        foreign = sorted(path.name for path in folder.iterdir() if not _NOBODYS.fullmatch(path.name))
        if foreign:
            raise StorageError(
                f"{folder}: is not empty and holds no backup (it has {foreign[0]}, and no {_NOTE}); use an empty folder"
            )
    with _alone(folder):
        yield


@contextmanager
def _alone_if_writable(folder: Path) -> Iterator[None]:
    """No lock can be taken in a write-protected folder, and nobody backs up into it."""
    with _alone(folder) if os.access(folder, os.W_OK) else nullcontext():
        yield


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as exc:
        raise LedgerLocked(f"{folder}: another backup or restore is using this folder") from exc
    try:
        yield
    finally:
        lock.release()
