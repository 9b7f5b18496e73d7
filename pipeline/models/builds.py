"""Build and test all models, up to where the ledger stands now."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb
import msgspec

from pipeline.errors import ModelsError
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger
from pipeline.models import build_file, search_index
from pipeline.models.build_file import BuiltFrom, exclusive, removed_if_disk_is_full
from pipeline.models.comments import TableDocs
from pipeline.models.event_docs import describe
from pipeline.models.event_tables import copy_all_events, copy_events
from pipeline.models.marts import run_tests, show_everything, write_everything, write_touched
from pipeline.models.recipe import Recipe, read_recipe, recipe_digest
from pipeline.models.search_index import update_search
from pipeline.models.touched import touch_everything, touch_new
from pipeline.settings import Settings
from pipeline.shared_files import shared_files

FEW_EVENTS = 200_000
"""Fewer are built by one thread: in each of hundreds of statements, a second one costs more than it saves. In a ledger
of a million articles, 20 new ones took 7.6 instead of 9.7 CPU seconds and no longer, and 150,000 events of 5,000 new
ones 14.8 instead of 20.0, in 14.6 seconds instead of 13.1."""


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
    started, path, files = time.monotonic(), settings.build_file, shared_files(settings)
    with exclusive(settings), removed_if_disk_is_full(path):
        files.fetch(path)
        with contextlib.ExitStack() as opened:
            with Ledger.open_existing(
                settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds
            ) as ledger:
                position, _, digest = ledger.head()
                now = BuiltFrom(position, digest, recipe_digest(settings))
                last = None if refresh is Refresh.ANEW else build_file.last_build(path)
                if last == now and tested is Tested.WRITTEN:
                    return BuildResult(position, 0, 0, time.monotonic() - started)
                recipe = read_recipe(settings, now.recipe_digest)
                if last is None or not ledger.has_append(last.head_digest) or _has_erased_since(ledger, last):
                    build_file.remove(path)
                    last = None
                con = opened.enter_context(build_file.connect(path))
                base = last if last is not None and last.recipe_digest == now.recipe_digest else None
                if position - (base.head_position if base else 0) < FEW_EVENTS and tested is Tested.WRITTEN:
                    con.execute("set threads = 1")
                if last != now:
                    con.begin()
                    (copy_all_events if last is None else copy_events)(ledger, con, path, position)
            if last != now:
                _write(con, path, recipe, base, now)
                run_tests(con, recipe)
                update_search(con, commit_each_pass=base is None)
                build_file.finish(con, now, settings.annotators, _docs(recipe))
            if tested is Tested.ALL:
                try:
                    _test_everything(con, now, recipe)
                except ModelsError:
                    files.delete(path)
                    raise
        files.send(path)
    return BuildResult(position, len(recipe.marts), len(recipe.tests), time.monotonic() - started)


def _write(con: duckdb.DuckDBPyConnection, path: Path, recipe: Recipe, last: BuiltFrom | None, now: BuiltFrom) -> None:
    """Write what the events touch that were copied since the last build, or everything without one. Leave a transaction
    open."""
    if last is not None:
        touch_new(con, last, now)
        write_touched(con, path, recipe)
    else:  # all of it in one transaction would need more memory
        con.execute("drop table if exists main.build_info")
        touch_everything(con, now)
        con.commit()
        write_everything(con, path, recipe)
        con.begin()


def _docs(recipe: Recipe) -> dict[str, TableDocs]:
    """The descriptions of all tables, by schema and table."""
    events = {f"events.{event_type(cls)}": describe(cls) for cls in EVENT_TYPES}
    return events | {f"{mart.schema}.{mart.name}": mart.docs for mart in recipe.marts} | search_index.DOCS


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


class _LastErasure(msgspec.Struct, frozen=True):
    position: int | None


def _has_erased_since(ledger: Ledger, build: BuiltFrom) -> bool:
    """True if something was erased after a build. The build then starts from an empty file: one that had the rows
    may keep their bytes."""
    (last,) = ledger.select(_LastErasure, "last_erasure")
    return last.position is not None and last.position > build.head_position
