"""The ledgers that were seen before, so that a disk that is not mounted does not become a new ledger without a word.

The memory cannot be in the data directory, which is empty then, or missing, or another one. The DAGs have it in a
Variable of Airflow. Commands that record, `newsledger airflow` among them, have it in a file of this user, where
programs keep their state: a line for each ledger and each change of one, of which the last counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import structlog

from pipeline.errors import LedgerMissing, LedgerReplaced, SettingsError, StorageError
from pipeline.json_files import decoded
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.settings import Settings

log = structlog.get_logger()


class FirstAppend(msgspec.Struct, frozen=True):
    digest: str


class SeenLedger(msgspec.Struct, frozen=True):
    """A ledger into which runs have recorded."""

    place: str
    first_append: str | None = None
    """The digest of its first append, which no other ledger has; None if it was empty."""
    mount_point: str | None = None
    """The file system that the data directory was on; None if it is not known."""

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger) -> SeenLedger:
        return cls(str(ledger.catalog), first_append(ledger), _mount_point(settings.data))

    @classmethod
    def read(cls, text: str) -> SeenLedger:
        """The ledger in what `write` has returned. Earlier versions wrote the place alone. Raises SettingsError."""
        try:
            return decoded(text, cls) if text.startswith("{") else cls(text)
        except msgspec.DecodeError as exc:
            raise SettingsError(f"{text[:80]!r}: a ledger was not noted like this ({exc}); delete the line") from exc

    def write(self) -> str:
        return msgspec.json.encode(self).decode()


def open_ledger(settings: Settings, seen: SeenLedger | None, to_use_another: str) -> Ledger:
    """Open the ledger; begin one if none was seen, or if the data directory was deleted.

    `to_use_another` says how a person makes the DAGs, or the commands, use another ledger than the one that was seen.
    Raises LedgerMissing or LedgerReplaced if it is gone, LedgerMissing also if only its build is there,
    StorageError if it is not restored completely.
    """
    require_restored(settings)
    catalog = catalog_at(settings.ledger_catalog)
    if seen and not catalog.exists() and not _was_deleted(settings, seen):
        there = "" if seen.place == str(catalog) else f" in {seen.place}"
        raise LedgerMissing(
            f"{catalog}: there is no ledger, but there was one{there}: mount its disk or correct NEWSLEDGER_DATA;"
            " to begin a new one, run `newsledger init`"
        )
    if settings.catalog is None and settings.build_file.exists() and not catalog.exists():
        raise LedgerMissing(
            f"{catalog}: there is no ledger, but {settings.build_file} was made from one: set NEWSLEDGER_CATALOG if it"
            " is in a database, or restore it from a backup; to begin a new one, run `newsledger init`"
        )
    ledger = Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds)
    if seen and seen.first_append and seen.place == str(catalog):
        first = first_append(ledger)
        if first and first != seen.first_append:
            ledger.close()
            raise LedgerReplaced(
                f"{catalog}: is another ledger than the one that was here: mount its disk or correct NEWSLEDGER_DATA;"
                f" to use this one, {to_use_another}"
            )
    return ledger


@contextmanager
def noted_ledger(settings: Settings) -> Iterator[Ledger]:
    """The ledger for a command that records. It is begun unless there is one, and noted in this user's file.

    Raises LedgerMissing or LedgerReplaced if the file has another ledger for this place.
    """
    seen = _noted(settings).get(str(catalog_at(settings.ledger_catalog)))
    with open_ledger(settings, seen, "run `newsledger init`") as ledger:
        seen = _note(settings, ledger, seen)
        yield ledger
        if seen.first_append is None:
            _note(settings, ledger, seen)


@contextmanager
def accepted_ledger(settings: Settings) -> Iterator[Ledger]:
    """The ledger that a person wants to use at this place, whatever was there; it is begun if it does not exist.

    Raises StorageError if it is not restored completely.
    """
    require_restored(settings)
    with Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        _note(settings, ledger, _noted(settings).get(str(ledger.catalog)))
        yield ledger


def require_restored(settings: Settings) -> None:
    """Raises StorageError if a restore into the data directory was interrupted: nothing may be recorded there."""
    if settings.unfinished_restore_file.exists():
        raise StorageError(
            f"{settings.data}: a restore into it was interrupted: run `newsledger restore` again, or empty the"
            " directory"
        )


def _noted(settings: Settings) -> dict[str, SeenLedger]:
    """The ledgers in this user's file, by place. Raises SettingsError."""
    try:
        lines = settings.seen_ledgers_file.read_text("utf-8", "backslashreplace").splitlines()
    except OSError:  # `_note` says what is wrong with the file
        return {}
    try:
        return {seen.place: seen for seen in map(SeenLedger.read, lines)}
    except SettingsError as exc:
        raise SettingsError(f"{settings.seen_ledgers_file}: {exc}") from exc


def _note(settings: Settings, ledger: Ledger, seen: SeenLedger | None) -> SeenLedger:
    """Note the ledger in this user's file, unless that has it already."""
    now, note = SeenLedger.of(settings, ledger), settings.seen_ledgers_file
    if now != seen:
        try:
            note.parent.mkdir(parents=True, exist_ok=True)
            with note.open("a", encoding="utf-8") as file:
                file.write(f"{now.write()}\n")
        except OSError as exc:
            detail = "a lost disk would not be noticed; XDG_STATE_HOME names a folder that can be written"
            log.warning("ledger_not_noted", file=str(note), reason=exc.strerror, detail=detail)
    return now


def first_append(ledger: Ledger) -> str | None:
    """The digest of the ledger's first append, which no other ledger has; None if it is empty."""
    return next((each.digest for each in ledger.select(FirstAppend, "first_append")), None)


def _was_deleted(settings: Settings, seen: SeenLedger) -> bool:
    """True if the data directory is gone, but the file system that it was on is mounted."""
    return settings.catalog is None and not settings.data.exists() and _mount_point(settings.data) == seen.mount_point


def _mount_point(path: Path) -> str:
    path = path.resolve()
    while not path.is_mount():
        path = path.parent
    return str(path)
