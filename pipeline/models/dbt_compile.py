"""Let dbt compile the project in sql/, in this process: the SQL of each model and each data test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.errors import ModelsError, NewsledgerError
from pipeline.ledger.disk import disk_error
from pipeline.models.comments import TableDocs
from pipeline.models.event_source import write_event_source
from pipeline.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

SQL_PROJECT = PROJECT_ROOT / "sql"
_TOUCHED = "addresses"
"""The touched keys of a model that names no other table. An article has the id of one of its addresses."""


class CompiledModel(msgspec.Struct, frozen=True):
    """A table or view, and the query that its rows are the result of."""

    schema: str
    name: str
    sql: str
    key: tuple[str, ...]
    """The columns that say which rows a build writes again; none if it writes all."""
    touched: str
    """The table in schema `touched` that has the keys of these rows."""
    docs: TableDocs


class CompiledTest(msgspec.Struct, frozen=True):
    """A query for rows that should not exist."""

    name: str
    sql: str


def compile_project(
    files: Path, annotators: str, person_ids: Path | None
) -> tuple[list[CompiledModel], list[CompiledTest]]:
    """All models in the order in which they can be written, and all data tests.

    `files` is the folder for what dbt writes. Raises ModelsError, naming what dbt cannot compile, and
    StorageError if the disk of that folder is full.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    arguments = [
        "--quiet", "--no-print", "--no-use-colors", "--log-level", "none", "--log-level-file", "info",
        "--no-send-anonymous-usage-stats", "--no-version-check", "--no-write-json", "--log-path", str(files),
        "compile", "--project-dir", str(SQL_PROJECT), "--profiles-dir", str(SQL_PROJECT),
        "--target-path", str(files / "target"),
    ]  # fmt: skip
    write_event_source(files / "sources")
    with _environment(
        NEWSLEDGER_BUILD_FILE=str(files / "build.duckdb"),
        NEWSLEDGER_EVENT_SOURCE=str(files / "sources"),
        NEWSLEDGER_ANNOTATORS=annotators,
        NEWSLEDGER_PERSON_IDS=str(person_ids or ""),
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
        raise _failure(files, results, outcome.exception)
    nodes: list[Any] = [result.node for result in results]
    return (
        [_model(node) for node in nodes if str(node.resource_type) == "model"],
        [CompiledTest(node.name, node.compiled_code) for node in nodes if str(node.resource_type) == "test"],
    )


def _model(node: Any) -> CompiledModel:
    columns = {name: _one_line(column.description) for name, column in node.columns.items() if column.description}
    config = node.config
    is_view = config.materialized == "view"
    docs = TableDocs(_one_line(node.description), columns, is_view)
    key = config.unique_key or ()
    return CompiledModel(
        schema=node.schema,
        name=node.name,
        sql=node.compiled_code,
        key=(key,) if isinstance(key, str) else tuple(key),
        touched=config.meta.get("touched", _TOUCHED),
        docs=docs,
    )


def _failure(files: Path, results: list[RunResult], exc: BaseException | None) -> NewsledgerError:
    failed = next((result for result in results if result.status in ("error", "runtime error")), None)
    what = f"{failed.node.resource_type} {failed.node.name}" if failed is not None else f"the project {SQL_PROJECT}"
    message = failed.message if failed is not None else exc
    full_disk = disk_error(str(message), files)
    if full_disk is not None:
        return full_disk
    return ModelsError(f"{what} cannot be compiled: {_one_line(message)}; see {files / 'dbt.log'}")


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
