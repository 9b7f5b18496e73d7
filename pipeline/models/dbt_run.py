"""Run dbt in this process: build the marts in sql/models and test them and the event tables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.errors import ModelsError, StorageError
from pipeline.ledger.disk import disk_errors
from pipeline.models.comments import TableDocs
from pipeline.models.event_source import write_event_source
from pipeline.models.recipe import SQL_PROJECT
from pipeline.settings import Settings

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult


@dataclass(frozen=True)
class DbtRun:
    """A run of dbt in which every model was built and every test passed."""

    models: int
    tests: int
    docs: Mapping[str, TableDocs]
    """The models' descriptions, by table."""


def run_dbt(settings: Settings, head_position: int) -> DbtRun:
    """Run `dbt build` quietly.

    Raises ModelsError naming the first model or test that failed, StorageError if the disk is full.
    """
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
    write_event_source(files / "sources")
    with _environment(
        NEWSLEDGER_BUILD_FILE=str(settings.build_file),
        NEWSLEDGER_EVENT_SOURCE=str(files / "sources"),
        NEWSLEDGER_HEAD_POSITION=str(head_position),
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
    nodes = [result.node for result in results]
    models = [node for node in nodes if str(node.resource_type) == "model"]
    return DbtRun(len(models), len(nodes) - len(models), {f"{node.schema}.{node.name}": _docs(node) for node in models})


def _docs(node: Any) -> TableDocs:
    columns = {name: _one_line(column.description) for name, column in node.columns.items() if column.description}
    return TableDocs(_one_line(node.description), columns)


def _failure(settings: Settings, results: list[RunResult], exc: BaseException | None) -> Exception:
    log_file = settings.data / "dbt" / "dbt.log"
    failed = next((result for result in results if result.status in ("error", "fail", "runtime error")), None)
    message = failed.message if failed is not None else exc
    try:
        with disk_errors(settings.build_file):
            raise duckdb.Error(str(message))  # dbt keeps only the text of DuckDB's error
    except StorageError as storage_error:
        return storage_error
    except duckdb.Error:
        what = f"the models in {SQL_PROJECT} cannot be built"
        if failed is not None:
            what = f"{failed.node.resource_type} {failed.node.name} failed"
        return ModelsError(f"{what}: {_one_line(message)}; see {log_file}")


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set environment variables while dbt runs. A dbt profile can get its values in no other way."""
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
