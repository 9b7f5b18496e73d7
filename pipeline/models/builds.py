"""Build and test all models, up to where the ledger stands now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

import duckdb
import msgspec

from pipeline.errors import ModelsError
from pipeline.ledger import Ledger
from pipeline.ledger.disk import disk_errors
from pipeline.models import build_file
from pipeline.models.build_file import BuiltFrom, LastBuild, exclusive, removed_if_disk_is_full
from pipeline.models.event_tables import copy_events
from pipeline.models.marts import run_tests, show_everything, write_everything, write_touched
from pipeline.models.recipe import Recipe, read_recipe, recipe_digest
from pipeline.models.search_index import update_search
from pipeline.models.touched import touch_everything, touch_new
from pipeline.settings import Settings


class Refresh(StrEnum):
    """What a build does with the build file of the last one."""

    CONTINUE = "continue"
    """Add what was recorded since; start from an empty file only if the old one cannot be used."""
    ANEW = "anew"
    """Read the whole ledger again."""


class Tested(StrEnum):
    """The rows that a build tests."""

    WRITTEN = "written"
    """Those that it has written."""
    ALL = "all"


@dataclass(frozen=True)
class BuildResult:
    """A build whose tests all passed."""

    head_position: int
    """The last position of the ledger that was read."""
    models: int
    """Marts that were written; 0 if nothing was new."""
    tests: int
    seconds: float


def build(settings: Settings, refresh: Refresh = Refresh.CONTINUE, tested: Tested = Tested.WRITTEN) -> BuildResult:
    """Build and test all models in the build file, up to where the ledger stands now.

    The rows of touched articles and persons are written again, and what is tested are these rows. If the models, the
    settings or the version of newsledger are others than at the last build, everything is written again. If neither
    these nor the ledger have changed, nothing is.

    Raises ModelsError if a model or test fails, naming it, or if another build is running; LedgerMissing if there is no
    ledger; StorageError if the disk is full.
    """
    started, path = time.monotonic(), settings.build_file
    with exclusive(settings), disk_errors(path):
        now, work = _begin(settings, refresh)
        if work is _Work.NOTHING and tested is Tested.WRITTEN:
            return BuildResult(now.head_position, 0, 0, time.monotonic() - started)
        recipe = read_recipe(settings, now.recipe_digest)
        with removed_if_disk_is_full(path), build_file.connect(path) as con:
            if work is _Work.TOUCHED:
                write_touched(con, path, recipe)
            elif work is _Work.EVERYTHING:
                write_everything(con, path, recipe)
            if work is not _Work.NOTHING:
                run_tests(con, recipe)
                update_search(con)
                docs = {f"{mart.schema}.{mart.name}": mart.docs for mart in recipe.marts}
                build_file.finish(con, now, settings.annotators, docs)
            if tested is Tested.ALL:
                _test_everything(con, now, recipe)
    return BuildResult(now.head_position, len(recipe.marts), len(recipe.tests), time.monotonic() - started)


def _test_everything(con: duckdb.DuckDBPyConnection, now: BuiltFrom, recipe: Recipe) -> None:
    """Test all rows of a finished build, in a transaction that is rolled back, so that an interrupt leaves nothing.

    Raises ModelsError. The next build then starts over: a row may be wrong that it would not touch.
    """
    con.begin()
    try:
        touch_everything(con, now)
        show_everything(con, recipe)
        run_tests(con, recipe)
    except ModelsError:
        con.rollback()
        con.execute("drop table if exists main.build_info")
        raise
    con.rollback()


class _Work(Enum):
    """The rows that a build writes."""

    NOTHING = auto()
    TOUCHED = auto()
    EVERYTHING = auto()


def _begin(settings: Settings, refresh: Refresh) -> tuple[BuiltFrom, _Work]:
    """Copy the events recorded since the last build, and find what they touch."""
    path, patience = settings.build_file, settings.lock_timeout_seconds
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=patience) as ledger:
        position, _, digest = ledger.head()
        now = BuiltFrom(position, digest, recipe_digest(settings))
        last = None if refresh is Refresh.ANEW else build_file.last_build(path)
        if last == LastBuild(now, interrupted_at=None):
            return now, _Work.NOTHING
        read_recipe(settings, now.recipe_digest)  # if it cannot be compiled, nothing is touched
        if last is None or not last.is_of(ledger) or _has_erased_since(ledger, last.built_from.head_position):
            build_file.remove(path)
            last = None
        with removed_if_disk_is_full(path), build_file.connect(path) as con:
            con.begin()
            if last is None or last.built_from.recipe_digest != now.recipe_digest:
                con.execute("drop table if exists main.build_info")
                work = _Work.EVERYTHING
            else:
                work = _Work.TOUCHED
            copy_events(ledger, con, path, position)
            if work is _Work.TOUCHED and last is not None:
                touch_new(con, last.built_from, now)
            else:
                touch_everything(con, now)
            con.commit()
    return now, work


class _LastErasure(msgspec.Struct, frozen=True):
    position: int | None


def _has_erased_since(ledger: Ledger, position: int) -> bool:
    """Whether something was erased after a position. The build then starts from an empty file: one that had the rows
    may keep their bytes."""
    (last,) = ledger.select(_LastErasure, "last_erasure")
    return last.position is not None and last.position > position
