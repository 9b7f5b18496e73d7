"""The conditions that a run checks before it does anything: settings, data directory, and that the ledger is there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

import structlog

from pipeline.errors import LedgerMissing, SettingsError, StorageDenied, storage_error
from pipeline.ledger import Ledger
from pipeline.notifiers import require_notifiers
from pipeline.person_ids import read_person_ids
from pipeline.seen_ledgers import SeenLedger, open_ledger
from pipeline.settings import DEFAULT_ANNOTATORS, Settings, load_settings, unknown_settings

log = structlog.get_logger()

_TO_USE_ANOTHER = "delete Airflow's Variable newsledger_ledger"


def require_installation(seen: str | None) -> str:
    """Look for what a person has to correct before a run can do anything; returns which ledger was found.

    `seen` is what this has returned in earlier runs: if there was a ledger, no other one is begun or used. Raises
    one of `MISTAKES`.
    """
    settings = _checked_settings()
    require_usable(settings)
    with open_ledger(settings, SeenLedger.read(seen) if seen else None, _TO_USE_ANOTHER) as ledger:
        found = SeenLedger.of(settings, ledger).write()
    for name, nearest in unknown_settings().items():
        log.warning("unknown_setting", name=name, nearest=nearest, detail="it is ignored")
    return found


def require_usable(settings: Settings) -> None:
    """Raises SettingsError or AnnotatorError for values that only later steps would trip over: a run must not collect
    for an hour before its models miss a file."""
    from pipeline.collect.http.addresses import AllowedHosts  # most tasks do not need it

    AllowedHosts(settings.allow_hosts)
    require_notifiers(settings.notify)
    if settings.person_ids is not None:
        read_person_ids(settings.person_ids)
    if settings.annotators != DEFAULT_ANNOTATORS:
        from pipeline.annotate.annotators import load_annotator

        for annotator in settings.annotators:
            load_annotator(annotator)


def installed_settings() -> Settings:
    """The settings of an installation whose ledger was begun. Raises SettingsError, StorageError or LedgerMissing."""
    settings = _checked_settings()
    if not Ledger.exists(settings.ledger_catalog):
        raise LedgerMissing(f"{settings.data}: the ledger is gone; mount its disk, then clear the run's tasks")
    return settings


def _checked_settings() -> Settings:
    """Raises SettingsError, also if there is no data directory: a disk that is not mounted must not become an empty
    archive beside the real one. Raises StorageError if nothing can be written into the data directory."""
    settings = load_settings()
    if not settings.data.is_dir():
        raise SettingsError(f"NEWSLEDGER_DATA: {settings.data} is not a directory; mount it, or run `newsledger init`")
    _require_writable(settings.data)
    return settings


def _require_writable(folder: Path) -> None:
    try:
        TemporaryFile(dir=folder).close()
    except FileNotFoundError as exc:
        raise StorageDenied(f"{folder}: no file can be made there") from exc
    except OSError as exc:
        raise storage_error(OSError(exc.errno, exc.strerror), folder) from exc
