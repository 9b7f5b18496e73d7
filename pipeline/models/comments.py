"""Descriptions of tables and columns as comments in the built file, so that any client shows them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from duckdb import DuckDBPyConnection

from pipeline.ledger.sql import literal
from pipeline.models.sql import statement


class TableDocs(msgspec.Struct, frozen=True):
    """The descriptions of one table or view, each on one line."""

    table: str
    columns: Mapping[str, str]
    """By column, without those that have no description."""
    is_view: bool = False


def write_comments(con: DuckDBPyConnection, docs: Mapping[str, TableDocs]) -> None:
    """Write the comments that differ from those the file has. `docs` is by table, `events.feed_polled`."""
    present = dict(con.sql(statement("comments")).fetchall())
    statements = []
    for table, described in docs.items():
        if present.get(table) != described.table:
            kind = "view" if described.is_view else "table"
            statements.append(f"comment on {kind} {table} is {literal(described.table)}")
        for column, comment in described.columns.items():
            if present.get(f"{table}.{column}") != comment:
                statements.append(f'comment on column {table}."{column}" is {literal(comment)}')
    con.execute(";".join(statements))  # at once, because each call costs as much as a comment
