"""Write the marts' rows and test them, with the SQL that dbt compiled."""

from __future__ import annotations

from pathlib import Path

import duckdb
import structlog

from pipeline.errors import ModelsError
from pipeline.ledger.disk import disk_errors, first_line
from pipeline.models.dbt_compile import CompiledModel, CompiledTest
from pipeline.models.recipe import Recipe
from pipeline.models.sql import statement
from pipeline.stopping import stop_if_asked

log = structlog.get_logger()

_EXAMPLE_CHARS = 300


def write_touched(con: duckdb.DuckDBPyConnection, path: Path, recipe: Recipe) -> None:
    """Replace the rows of touched keys in each table that has a key, and all rows of the others, in a transaction that
    the caller has begun. Raises ModelsError naming the model that failed."""
    for model in recipe.models:
        if not model.key:
            _write(con, path, model, "write_all_rows")
        elif con.execute(f"from touched.{model.touched} limit 1").fetchone():
            _write(con, path, model, "write_touched_rows")
        else:
            con.execute(f"create view written.{model.name} as from {model.schema}.{model.name} limit 0")


def write_everything(con: duckdb.DuckDBPyConnection, path: Path, recipe: Recipe) -> None:
    """Replace all tables, each in a transaction, and drop those of models that do not exist any more.

    Raises ModelsError naming the model that failed.
    """
    kinds = {model.name: "view" if model.docs.is_view else "table" for model in recipe.models}
    for kind, name in con.sql(statement("relations")).fetchall():
        if kinds.get(name) != kind:  # a table cannot be replaced by a view
            con.execute(f'drop {kind} main."{name}"')
    for model in recipe.models:
        con.begin()
        _write(con, path, model, "write_all_rows")
        con.commit()


def _write(con: duckdb.DuckDBPyConnection, path: Path, model: CompiledModel, how: str) -> None:
    stop_if_asked()
    log.debug("model", name=model.name)
    sql = statement("write_view" if model.docs.is_view else how).format(
        schema=model.schema, name=model.name, sql=model.sql, key=", ".join(model.key), touched=model.touched
    )
    try:
        with disk_errors(path):
            con.execute(sql)
    except duckdb.Error as exc:
        raise ModelsError(f"model {model.name} failed: {first_line(exc)}") from exc


def show_everything(con: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Have all rows of all tables tested, not only those that were written."""
    for mart in recipe.marts:
        con.execute(f"create or replace view written.{mart.name} as from {mart.schema}.{mart.name}")


def run_tests(con: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Run all data tests on the rows that were written. Raises ModelsError naming the first that failed."""
    for test in recipe.tests:
        _test(con, test)


def _test(con: duckdb.DuckDBPyConnection, test: CompiledTest) -> None:
    stop_if_asked()
    # not `con.sql`: the traceback would keep the relation, and with it the database, which could not be opened again
    row = con.execute(test.sql).fetchone()
    if row is not None:
        example = ", ".join(f"{column[0]} {value}" for column, value in zip(con.description, row, strict=True))
        raise ModelsError(f"test {test.name} failed: {example[:_EXAMPLE_CHARS]}")
