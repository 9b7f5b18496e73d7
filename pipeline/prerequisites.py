"""What must be right before a run can do anything: the settings, the data directory, and that the ledger is there.

A disk that is not mounted must not become a new ledger, so it is remembered that a ledger was begun.
The memory cannot be in the data directory, which is empty then. The DAGs have it in a Variable of Airflow, whose own
records are in another place if there are several services. `newsledger airflow` stores Airflow's records in the data
directory, so it has a file of its own, where programs of this user keep their state.
"""

from __future__ import annotations

import structlog

from pipeline.errors import LedgerMissing, SettingsError
from pipeline.ledger import Ledger
from pipeline.ledger.catalog import catalog_at
from pipeline.settings import DEFAULT_ANNOTATORS, Settings, load_settings, unknown_settings

log = structlog.get_logger()


def require_installation(seen: str | None) -> str:
    """Look for what a person has to correct before a run can do anything; returns the name of the ledger's place.

    `seen` is what this has returned in earlier runs: if there was a ledger, no other one is begun. Raises
    one of `MISTAKES`.
    """
    settings = _checked_settings()
    place = begin_ledger(settings, seen)
    if settings.annotators != DEFAULT_ANNOTATORS:
        from pipeline.annotate.annotators import load_annotator

        for annotator in settings.annotators:
            load_annotator(annotator)
    for name, nearest in unknown_settings().items():
        log.warning("unknown_setting", name=name, nearest=nearest, detail="it is ignored")
    return place


def installed_settings() -> Settings:
    """The settings of an installation whose ledger was begun. Raises SettingsError or LedgerMissing."""
    settings = _checked_settings()
    if not Ledger.exists(settings.ledger_catalog):
        raise LedgerMissing(f"{settings.data}: the ledger is gone; mount its disk, then clear the run's tasks")
    return settings


def _checked_settings() -> Settings:
    """Raises SettingsError, also if there is no data directory: a disk that is not mounted must not become an empty
    archive beside the real one. Nor must a run collect for an hour before its models miss a file."""
    settings = load_settings()
    if not settings.data.is_dir():
        raise SettingsError(f"NEWSLEDGER_DATA: {settings.data} is not a directory; mount it, or run `newsledger init`")
    if settings.person_ids is not None and not settings.person_ids.is_file():
        raise SettingsError(f"NEWSLEDGER_PERSON_IDS: {settings.person_ids} is not a file")
    return settings


def begin_ledger(settings: Settings, seen: str | None) -> str:
    """The name of the ledger's place; a ledger is begun there unless there is one.

    `seen` is the place of the ledger that runs have recorded into, None if none has. Raises LedgerMissing if such a
    ledger is gone: only `newsledger init` begins another one.
    """
    place = str(catalog_at(settings.ledger_catalog))
    if seen is not None and not Ledger.exists(settings.ledger_catalog):
        where = "" if seen == place else f" in {seen}"
        raise LedgerMissing(
            f"{place}: there is no ledger, but there was one{where}: mount its disk or correct NEWSLEDGER_DATA;"
            " to begin a new one, run `newsledger init`"
        )
    Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds).close()
    return place


def begin_noted_ledger(settings: Settings) -> None:
    """Begin a ledger unless there is one, and note its place in this user's file.

    Raises LedgerMissing if the file has this place, but there is no ledger.
    """
    note = settings.seen_ledgers_file
    noted = note.read_text("utf-8").splitlines() if note.is_file() else []
    wanted = str(catalog_at(settings.ledger_catalog))
    place = begin_ledger(settings, wanted if wanted in noted else None)
    if place in noted:
        return
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with note.open("a", encoding="utf-8") as file:
            file.write(f"{place}\n")
    except OSError as exc:
        log.warning("ledger_not_noted", file=str(note), reason=exc.strerror)
