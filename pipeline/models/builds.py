"""Build and test all models, up to where the ledger stands now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from pipeline.ledger import Ledger
from pipeline.ledger.disk import disk_errors
from pipeline.models import build_file
from pipeline.models.build_file import BuiltFrom, exclusive, removed_if_disk_is_full
from pipeline.models.dbt_run import run_dbt
from pipeline.models.event_tables import copy_events
from pipeline.models.recipe import recipe_digest
from pipeline.settings import Settings


class Refresh(StrEnum):
    """What a build does with the build file of the last one."""

    CONTINUE = "continue"
    """Add the events recorded since; start from an empty file only if the old one cannot be used."""
    ANEW = "anew"
    """Read the whole ledger again."""


@dataclass(frozen=True)
class BuildResult:
    """A build whose tests all passed."""

    head_position: int
    """The last position of the ledger that was read."""
    models: int
    """Models that were built; 0 if nothing was new."""
    tests: int
    seconds: float


def build(settings: Settings, refresh: Refresh = Refresh.CONTINUE) -> BuildResult:
    """Build and test all models in the build file, up to where the ledger stands now.

    If neither the ledger nor the models, the settings or the version of newsledger have changed since the last build,
    nothing is done.

    Raises ModelsError if a model or test fails, naming it and the log, or if another build is running; LedgerMissing
    if there is no ledger; StorageError if the disk is full.
    """
    started = time.monotonic()
    path, patience = settings.build_file, settings.lock_timeout_seconds
    with exclusive(settings), disk_errors(path):
        with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=patience) as ledger:
            position, _, digest = ledger.head()
            wanted = BuiltFrom(position, digest, recipe_digest(settings))
            last = None if refresh is Refresh.ANEW else build_file.last_build(path)
            if last == wanted:
                return BuildResult(position, 0, 0, time.monotonic() - started)
            if last is None or not ledger.has_append(last.head_digest) or not build_file.begin_continuing(path):
                build_file.remove(path)
            with removed_if_disk_is_full(path):
                copy_events(ledger, path, position)
        with removed_if_disk_is_full(path):
            built = run_dbt(settings, position)
            build_file.finish(path, wanted, settings.annotators, built.docs)
    return BuildResult(position, built.models, built.tests, time.monotonic() - started)
