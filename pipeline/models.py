"""Build the models from the ledger, and publish them as `news.duckdb`.

dbt builds and tests `build.duckdb`, a plain DuckDB file that nobody else opens; publishing copies it beside
`news.duckdb` and renames the copy over it, so whoever has the old file open keeps it. The build file is
disposable: one that cannot be read, was left unfinished, holds another ledger or lacks columns is begun anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import structlog
from filelock import FileLock, Timeout

from pipeline.errors import ModelsError, StorageError
from pipeline.ledger import Ledger, catalog
from pipeline.ledger.log import disk_errors
from pipeline.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

log = structlog.get_logger()

SQL_PROJECT = PROJECT_ROOT / "sql"
TABLE_MACROS = SQL_PROJECT / "table_macros"
"""For analysts, one a file; they are kept in the built file and need nothing but it."""

KEPT_BROKEN = timedelta(days=7)

_BUILT_COLUMNS = "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'events'"
_RECORDED_COLUMNS = """
    select table_name, column_name, data_type from duckdb_columns()
    where database_name = 'ledger' and schema_name = 'main'
"""

_PUBLISHED_COUNTS = """
    select
        (select count(*) from articles) as articles, (select count(*) from article_revisions) as revisions,
        (select count(*) from quotes) as quotes, (select head_position from build_info) as head_position
"""


class Refresh(StrEnum):
    """What becomes of the build file of last time."""

    CONTINUE = "continue"
    """Add the events recorded since; begin anew only where the file is of no use."""
    ANEW = "anew"
    """Read the whole ledger again."""


@dataclass(frozen=True)
class BuildResult:
    """A build all of whose tests passed."""

    head_position: int
    """The ledger's last position that the models know of."""
    models: int
    tests: int
    seconds: float


def build(settings: Settings, refresh: Refresh = Refresh.CONTINUE) -> BuildResult:
    """Build and test all models in the build file, up to where the ledger stands now.

    Raises ModelsError naming the failed model or test and the log, or saying that another build is running;
    LedgerMissing where there is no ledger; StorageError when the disk is full.
    """
    started = time.monotonic()
    patience = settings.lock_timeout_seconds
    with _held(settings), disk_errors(settings.build_file):
        with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=patience) as ledger:
            position, _, digest = ledger.head()
            if refresh is Refresh.ANEW or not _continues(settings.build_file, ledger):
                _remove(settings.build_file)
        results = _run_dbt(settings, position, digest)
        _complete(settings.build_file)  # DuckDB does not tell dbt when there is no room for the file at the end
    kinds = [str(result.node.resource_type) for result in results]
    return BuildResult(position, kinds.count("model"), kinds.count("test"), time.monotonic() - started)


def publish(settings: Settings) -> Path:
    """Put a copy of the build file in place of `news.duckdb`, whole or not at all, and return its path.

    Raises ModelsError, leaving the published file as it was, unless the last build was finished and passed its tests.
    """
    news = settings.news_file
    with _held(settings), disk_errors(news):
        _complete(settings.build_file)
        copy = news.with_name(f"{news.name}.publishing")
        try:
            shutil.copyfile(settings.build_file, copy)
            _fsync(copy)
            news.with_name(f"{news.name}.wal").unlink(missing_ok=True)  # of a session that wrote into the old file
            copy.replace(news)
        finally:
            copy.unlink(missing_ok=True)
        _fsync(news.parent)
    return news


def published_counts(settings: Settings) -> dict[str, int]:
    """What news.duckdb holds: articles, their revisions, quotes, and the ledger's last position it knows of."""
    with duckdb.connect(settings.news_file, read_only=True) as con:
        (row,) = con.execute(_PUBLISHED_COUNTS).to_arrow_table().to_pylist()
    return {name: int(count) for name, count in row.items()}


def prune(settings: Settings, now: datetime) -> list[Path]:
    """Delete what builds and publications that were killed have left, and return its paths.

    A build file that was set aside as broken is kept for `KEPT_BROKEN`, for whoever wants to know why.
    """
    build, news = settings.build_file, settings.news_file
    broken = build.with_name(f"{build.name}.broken")
    with _held(settings), disk_errors(settings.data):
        left = [news.with_name(f"{news.name}.publishing"), build.with_name(f"{build.name}.tmp")]
        if broken.exists() and broken.stat().st_mtime < (now - KEPT_BROKEN).timestamp():
            left.append(broken)
        found = [path for path in left if path.exists()]
        for path in found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return found


@contextlib.contextmanager
def _held(settings: Settings) -> Iterator[None]:
    """One build or publication at a time. The operating system frees the lock of a process that was killed."""
    lock = FileLock(settings.data / "build.lock", timeout=settings.build_timeout_seconds)
    with disk_errors(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        try:
            if not _is_free(lock):
                log.warning("waiting_for_another_build", file=lock.lock_file)
                lock.acquire()
        except Timeout as exc:
            raise ModelsError(f"{lock.lock_file}: another build is running; try again when it has ended") from exc
    try:
        yield
    finally:
        lock.release()


def _is_free(lock: FileLock) -> bool:
    """Whether the lock could be had at once; then it is."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _continues(build_file: Path, ledger: Ledger) -> bool:
    """Is this the file of a finished build from this very ledger? Then it is marked unfinished, to be added to.

    A file that DuckDB cannot open, after a crash or from another version of it, is set aside. One whose events have
    other columns than the ledger's is of no use either: what it holds already may say more than it has room for.
    """
    if not build_file.exists():
        return False
    try:
        con = _open(build_file)
    except duckdb.Error as exc:
        aside = build_file.with_name(f"{build_file.name}.broken")
        log.warning("build_file_set_aside", file=str(build_file), aside=aside.name, reason=catalog.first_line(exc))
        build_file.replace(aside)
        return False
    with con:
        digest = _built_from(con)
        built = set(con.execute(_BUILT_COLUMNS).fetchall())
        con.execute("drop table if exists main.build_info")
    tables = {table for table, _, _ in built}
    recorded = {tuple(row.values()) for row in ledger.table(_RECORDED_COLUMNS).to_pylist()}
    appended = ledger.table("select digest from ledger.appends")["digest"].to_pylist()
    return digest in appended and built == {column for column in recorded if column[0] in tables}


def _open(build_file: Path) -> duckdb.DuckDBPyConnection:
    """Raises duckdb.Error where the file is broken, StorageError or ModelsError where it only cannot be had now."""
    try:
        return duckdb.connect(build_file)
    except duckdb.IOException as exc:
        reason = catalog.first_line(exc)
        if "lock on file" in reason:
            raise ModelsError(f"{build_file}: another program has it open; query news.duckdb instead") from exc
        if "Permission denied" in reason:
            raise StorageError(f"{build_file}: {reason}") from exc
        raise


def _built_from(con: duckdb.DuckDBPyConnection) -> str | None:
    """The digest of the ledger's chain that the file was built from; None if the build was not finished."""
    try:
        row = con.execute("select head_digest from main.build_info").fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row else None


def _remove(build_file: Path) -> None:
    for path in (build_file, build_file.with_name(f"{build_file.name}.wal")):
        path.unlink(missing_ok=True)


def _run_dbt(settings: Settings, head_position: int, head_digest: str) -> list[RunResult]:
    """Run `dbt build` in this process, quietly, and return what came of each model and test. Raises ModelsError."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    files = settings.data / "dbt"
    arguments = [
        "--quiet", "--no-print", "--no-use-colors", "--log-level", "none", "--log-level-file", "info",
        "--no-send-anonymous-usage-stats", "--no-version-check", "--no-write-json", "--log-path", str(files),
        "build", "--project-dir", str(SQL_PROJECT), "--profiles-dir", str(SQL_PROJECT),
        "--target-path", str(files / "target"),
    ]  # fmt: skip
    with _environment(
        NEWSLEDGER_BUILD_FILE=str(settings.build_file),
        NEWSLEDGER_LEDGER_CATALOG=str(settings.ledger_catalog),
        NEWSLEDGER_LEDGER_FILES=f"{settings.ledger_catalog.with_suffix('')}/",
        NEWSLEDGER_EXTENSION_FILES=json.dumps([str(catalog.extension_path(module)) for module in catalog.EXTENSIONS]),
        NEWSLEDGER_HEAD_POSITION=str(head_position),
        NEWSLEDGER_HEAD_DIGEST=head_digest,
        NEWSLEDGER_VERSION=version("newsledger"),
        NEWSLEDGER_ANNOTATORS=",".join(settings.annotators),
        DO_NOT_TRACK="1",
    ):
        try:
            outcome = dbtRunner().invoke(arguments)
        finally:
            reset_adapters()  # type: ignore[no-untyped-call]
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    results: list[RunResult] = list(getattr(outcome.result, "results", ()))
    if not outcome.success:
        raise _failure(settings, results, outcome.exception)
    return results


def _failure(settings: Settings, results: list[RunResult], exc: BaseException | None) -> Exception:
    log_file = settings.data / "dbt" / "dbt.log"
    failed = next((result for result in results if result.status in ("error", "fail", "runtime error")), None)
    if failed is None:
        return ModelsError(f"the models in {SQL_PROJECT} cannot be built: {_one_line(exc)}; see {log_file}")
    name = f"{failed.node.resource_type} {failed.node.name}"
    try:
        with disk_errors(settings.build_file):
            raise duckdb.Error(failed.message or "")  # dbt has made text of DuckDB's error
    except StorageError as storage_error:
        return storage_error
    except duckdb.Error:
        return ModelsError(f"{name} failed: {_one_line(failed.message)}; see {log_file}")


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


def _complete(build_file: Path) -> None:
    """Give the file its table macros, and bring it to the disk whole, without a log beside it.

    Raises ModelsError unless the build is finished.
    """
    if not build_file.exists():
        raise ModelsError(f"{build_file}: nothing has been built yet; run `newsledger models`")
    try:
        con = _open(build_file)
    except duckdb.Error as exc:
        raise ModelsError(f"{build_file}: cannot be read; run `newsledger models` ({catalog.first_line(exc)})") from exc
    with con:
        if _built_from(con) is None:
            raise ModelsError(f"{build_file}: the last build was not finished; run `newsledger models`")
        for macro in sorted(TABLE_MACROS.glob("*.sql")):
            con.execute(macro.read_text("utf-8"))
        con.execute("checkpoint")


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set environment variables for as long as dbt runs; it is how a dbt profile gets its values."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
