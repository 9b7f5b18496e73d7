"""The file that models are built in: whether it can be continued, and what makes it finished.

`main.build_info` says what the last finished build was made from. A build that continues it is one transaction, tests
included: if it is interrupted or a test fails, the file is what it was before. A build that writes everything drops
`build_info` first and commits each mart; if it is interrupted, the next one starts from an empty file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb
import msgspec
import structlog
from filelock import FileLock, Timeout

from pipeline.errors import ModelsError, StorageDenied, StorageError
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ledger.disk import disk_errors, first_line
from pipeline.ledger.rows import table_schema
from pipeline.models.comments import TableDocs, write_comments
from pipeline.models.sql import statement
from pipeline.models.sql_functions import register_functions
from pipeline.regular_files import IRREGULAR
from pipeline.settings import PROJECT_ROOT, Settings

log = structlog.get_logger()

MEMORY = "1000MB"
"""How much memory DuckDB uses; what needs more is written to temporary files beside the build file. Python, the text
comparison and DuckDB's compression come on top, so a process stays below 2 GB."""
ROWS_IN_GROUP = 30_720
"""Rows that DuckDB compresses together, a quarter of its default: each thread has the texts of a group in memory beyond
`MEMORY`. Files are 4 % larger. It must be a multiple of 2048."""
TABLE_MACROS = PROJECT_ROOT / "sql" / "table_macros"
"""Macros for analysts, one a file. They are stored in the built file and need nothing else."""


class BuiltFrom(msgspec.Struct, frozen=True):
    """What a build file was made from."""

    head_position: int
    head_digest: str
    """The digest of the ledger's chain up to that position."""
    recipe_digest: str
    """The digest of everything else that the rows follow from, see `recipe`."""


_BUILD_INFO = TableDocs(
    table="One row: what this file was built from.",
    columns={
        "head_position": "The last position of the ledger that was read.",
        "head_digest": "Digest of the ledger's chain up to that position; `newsledger verify` computes it again.",
        "newsledger_version": "The version of newsledger that built the file.",
        "recipe_digest": "Digest of the models and settings; a build with another one starts over.",
        "annotators": "Annotators, the preferred one first, by the names of their producers; `quotes_as_of` uses it.",
        "built_at": "When the file was built.",
    },
)


@contextlib.contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Allow one build or publication at a time. The operating system frees the lock of a process that was killed.

    Raises ModelsError if another one is still running after `build_timeout_seconds`, StorageError if the data
    directory cannot be written.
    """
    lock = FileLock(settings.data / "build.lock", timeout=settings.build_timeout_seconds)
    with disk_errors(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        try:
            if not _acquired_at_once(lock):
                log.warning("waiting_for_another_build", file=lock.lock_file)
                lock.acquire()
        except PermissionError as exc:
            what = f"{settings.data}: this user may not write there, and a build does; `newsledger doctor` says more"
            raise StorageDenied(what) from exc
        except Timeout as exc:
            raise ModelsError(f"{lock.lock_file}: another build is running; try again when it has ended") from exc
    try:
        with _no_other_machine(settings):
            yield
    finally:
        lock.release()


@contextlib.contextmanager
def _no_other_machine(settings: Settings) -> Iterator[None]:
    """If machines share the build, one of them at a time works on it."""
    if settings.s3 is None or settings.catalog is None:
        yield
        return
    from pipeline import postgres  # what it imports is installed for a cluster only

    conninfo = settings.catalog.get_secret_value()
    try:
        with postgres.advisory_lock(conninfo, "build", settings.build_timeout_seconds):
            yield
    except postgres.LockTimeout as exc:
        raise ModelsError("another machine is building; try again when it has ended") from exc


def _acquired_at_once(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def last_build(path: Path) -> BuiltFrom | None:
    """What the file was built from; None if it does not exist, or was never finished, or has other columns than today's
    events.

    A file that DuckDB cannot open, after a crash or from another version of DuckDB, is renamed.
    """
    if not path.exists():
        return None
    try:
        con = connect(path)
    except duckdb.Error as exc:
        aside = path.with_name(f"{path.name}.broken")
        log.warning("build_file_set_aside", file=str(path), aside=aside.name, reason=first_line(exc))
        path.replace(aside)
        return None
    with con:
        built_from = _built_from(con)
        return built_from if built_from is not None and _has_todays_columns(con) else None


def _has_todays_columns(con: duckdb.DuckDBPyConnection) -> bool:
    """False if an event table has other columns than its type: rows copied earlier may not say enough. A table that is
    missing is copied whole."""
    built = {
        name: list(zip(names, types, strict=True))
        for name, names, types in con.sql(statement("event_columns")).fetchall()
    }
    return all(built.get(event_type(cls), columns) == columns for cls, columns in _todays_columns().items())


@cache
def _todays_columns() -> dict[type[Event], list[tuple[str, str]]]:
    """Each event type's columns, with their types in DuckDB."""
    with duckdb.connect() as con:
        empty = {cls: con.from_arrow(table_schema(cls).empty_table()) for cls in EVENT_TYPES}
        return {cls: list(zip(table.columns, map(str, table.types), strict=True)) for cls, table in empty.items()}


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the file. Raises duckdb.Error if it is broken, StorageError or ModelsError if it cannot be opened now."""
    try:
        _require_regular(path)
        con = duckdb.connect(config={"temp_directory": f"{path}.tmp"})
        quoted = str(path).replace("'", "''")
        # connected to directly, it would have groups of the default size
        con.execute(f"attach '{quoted}' as build (row_group_size {ROWS_IN_GROUP})")
        con.execute("use build")
        con.execute(statement("session").format(memory=MEMORY))
        register_functions(con)
        return con
    except duckdb.IOException as exc:
        reason = first_line(exc)
        if "lock on file" in reason:
            raise ModelsError(f"{path}: another program has it open; query news.duckdb instead") from exc
        if "Permission denied" in reason:
            raise StorageDenied(f"{path}: {reason}") from exc
        raise


def _reading(path: Path) -> duckdb.DuckDBPyConnection:
    _require_regular(path)
    return duckdb.connect(path, read_only=True)


def _require_regular(path: Path) -> None:
    """Raises duckdb.Error if the file, or its log, is one that DuckDB would wait for."""
    for file in (path, path.with_name(f"{path.name}.wal")):
        if file.exists() and not file.is_file():
            raise duckdb.IOException(f"{file.name} {IRREGULAR}")


@contextlib.contextmanager
def removed_if_disk_is_full(path: Path) -> Iterator[None]:
    """Delete the unfinished file on a StorageError: it cannot be continued, and the ledger may need its space."""
    try:
        with disk_errors(path):
            yield
    except StorageError:
        remove(path)
        raise


def _built_from(con: duckdb.DuckDBPyConnection) -> BuiltFrom | None:
    """What the file was built from; None if the build was not finished, or by a version that did not say so."""
    try:
        row = con.execute(statement("built_from")).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return BuiltFrom(*row) if row else None


class BuiltHead(msgspec.Struct, frozen=True):
    """The head of the ledger that a file was built from."""

    head_position: int
    head_digest: str


def built_head(path: Path) -> BuiltHead | None:
    """What the file was built from; None without a finished build, or if another program is writing it."""
    if not path.exists():
        return None
    try:
        with _reading(path) as con:
            row = con.execute("select head_position, head_digest from main.build_info").fetchone()
    except duckdb.Error:
        return None
    return BuiltHead(*row) if row else None


def lacks_build_info(path: Path) -> bool:
    """True if the file can be read and has no row that says what it was built from: it is no finished build."""
    if not path.exists():
        return False
    try:
        with _reading(path) as con:
            return not con.execute("select count(*) from main.build_info").fetchall()[0][0]
    except duckdb.CatalogException:
        return True
    except duckdb.Error:
        return False


def damage_in(path: Path) -> str | None:
    """What is wrong with the file; None if every block of its tables can be read, if it does not exist, or if another
    program is writing it. DuckDB compares each block that it reads with its checksum."""
    if not path.exists():
        return None
    try:
        with _reading(path) as con:
            con.execute(statement("session").format(memory=MEMORY))
            for (table,) in con.sql(statement("stored_tables")).fetchall():
                con.execute(statement("read_table").format(table=table))
    except duckdb.Error as exc:
        reason = first_line(exc)
        return None if "lock on file" in reason else reason
    return None


def remove(path: Path) -> None:
    """Delete the file and its log."""
    for file in (path, path.with_name(f"{path.name}.wal")):
        file.unlink(missing_ok=True)


def finish(
    con: duckdb.DuckDBPyConnection, built_from: BuiltFrom, annotators: Sequence[str], docs: Mapping[str, TableDocs]
) -> None:
    """Add comments, table macros and `build_info`, end the build's transaction, and write the file to the disk
    completely, without a log."""
    con.execute(
        statement("create_build_info"),
        {
            "head_position": built_from.head_position,
            "head_digest": built_from.head_digest,
            "newsledger_version": version("newsledger"),
            "recipe_digest": built_from.recipe_digest,
            "annotators": list(annotators),
        },
    )
    for macro in sorted(TABLE_MACROS.glob("*.sql")):
        con.execute(macro.read_text("utf-8"))
    write_comments(con, {**docs, "main.build_info": _BUILD_INFO})
    drop_working_tables(con)
    con.execute("set checkpoint_threshold = '1 byte'")  # commit to the file itself, not to a log beside it
    con.commit()


def drop_working_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Remove what only an unfinished build has. Dropping a schema alone does not drop the rows that the transaction has
    inserted, which then cannot be committed."""
    for (name,) in con.execute(statement("working_tables")).fetchall():
        con.execute(f"drop table {name} cascade")
    con.execute("drop schema if exists written cascade")
    con.execute("drop schema if exists touched cascade")


def require_finished(path: Path) -> None:
    """Raise ModelsError unless the file is a finished build; bring it to the disk completely."""
    if not path.exists():
        raise ModelsError(f"{path}: nothing has been built yet; run `newsledger models`")
    try:
        con = connect(path)
    except duckdb.Error as exc:
        raise ModelsError(f"{path}: cannot be read; run `newsledger models` ({first_line(exc)})") from exc
    with con:
        if _built_from(con) is None:
            raise ModelsError(f"{path}: the last build was not finished; run `newsledger models`")
        con.execute("checkpoint")
