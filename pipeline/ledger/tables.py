"""The ledger's tables: one for each event type, made from its declaration, and the bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from duckdb import DuckDBPyConnection

from pipeline.errors import LedgerDamaged, LedgerTooNew
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger.catalog import Catalog
from pipeline.ledger.disk import RECOVERY
from pipeline.ledger.rows import table_schema
from pipeline.ledger.session import connect
from pipeline.ledger.sql import statement

log = structlog.get_logger()

FORMAT_VERSION = 1
"""The version of the tables' meaning. A ledger with a higher one was made by a newer newsledger and is not touched."""

_MADE_WITH_ROWS = ("ledger_format", "log_head")
"""They have a row before the first event. If the making of a ledger is interrupted, their files are left."""
BOOKKEEPING = (*_MADE_WITH_ROWS, "appends")


def is_complete(con: DuckDBPyConnection, catalog: Catalog) -> bool:
    """True if all tables exist with all columns. Raises LedgerTooNew for a ledger made by a newer newsledger,
    LedgerDamaged for one with a column of another name."""
    columns = _columns(con)
    _require_no_other_names(catalog, columns)
    newer = _newer_than_this(con, columns)
    if newer:
        raise LedgerTooNew(f"{catalog}: made by a newer newsledger ({newer}); upgrade newsledger")
    return all(name in columns for name in BOOKKEEPING) and all(
        set(table_schema(cls).names) <= columns.get(event_type(cls), frozenset()) for cls in EVENT_TYPES
    )


def _require_no_other_names(catalog: Catalog, columns: Mapping[str, frozenset[str]]) -> None:
    """Raises LedgerDamaged if a table has an unknown column and misses a known one: versions only add columns, so an
    older one misses some, a newer one has more, and none has both."""
    for cls in EVENT_TYPES:
        name, known = event_type(cls), frozenset(table_schema(cls).names)
        there = columns.get(name, known)
        if there - known and known - there:
            raise LedgerDamaged(
                f"{catalog}: table {name} has a column {min(there - known)} and no column {min(known - there)}: the"
                f" catalog was changed; {RECOVERY}"
            )


def _newer_than_this(con: DuckDBPyConnection, columns: Mapping[str, frozenset[str]]) -> str | None:
    """What the ledger has that this version does not know; None if it knows everything."""
    if "ledger_format" in columns:
        row = con.execute("select max(version) from ledger.ledger_format").fetchone()
        if row and row[0] is not None and row[0] > FORMAT_VERSION:
            return f"format {row[0]}, this one knows {FORMAT_VERSION}"
    for cls in EVENT_TYPES:
        unknown = columns.get(event_type(cls), frozenset()) - set(table_schema(cls).names)
        if unknown:
            return f"column {event_type(cls)}.{min(unknown)}"
    return None


def completed(catalog: Catalog) -> DuckDBPyConnection:
    """A session on the ledger, after the tables and columns that were missing are created. Call it under the catalog's
    lock.

    Raises LedgerDamaged for an empty catalog beside recorded events: a new history must not begin on top of an old one.
    """
    if not catalog.exists():
        require_no_events(catalog)
    con = connect(catalog)
    if not is_complete(con, catalog):
        _complete(con, catalog)
    return con


def require_no_events(catalog: Catalog) -> None:
    """Raises LedgerDamaged if there are events beside this catalog, which has none, or a ledger of this machine alone:
    a second history must not begin."""
    if catalog.files.has_any(besides=_MADE_WITH_ROWS):
        raise LedgerDamaged(
            f"{catalog}: is missing or empty, although its folder holds events; restore the catalog from a backup, or"
            " see `newsledger migrate` if it is in another place"
        )
    if catalog.of_one_host is not None and catalog.of_one_host.exists():
        raise LedgerDamaged(
            f"{catalog}: has no ledger, but the data directory has one in {catalog.of_one_host}: move it with"
            " `newsledger migrate`, or begin a new one with another data directory"
        )


def _complete(con: DuckDBPyConnection, catalog: Catalog) -> None:
    columns = _columns(con)
    if not columns:
        require_no_events(catalog)
    import pyarrow.dataset  # noqa: F401  # DuckDB imports it, and would swallow an interrupt that arrives meanwhile

    if not columns:
        con.begin()
        con.execute(statement("create_bookkeeping"))
        con.execute("insert into ledger.ledger_format values (?)", [FORMAT_VERSION])
        con.commit()
    if columns.keys().isdisjoint(map(event_type, EVENT_TYPES)):
        # DuckLake accepts options for committed tables only. A making that is interrupted here is not complete.
        con.execute(statement("keep_bookkeeping_in_catalog"))
    con.begin()
    for cls in EVENT_TYPES:
        name = event_type(cls)
        empty = con.from_arrow(table_schema(cls).empty_table())
        if name not in columns:
            empty.create(f"ledger.{name}")
            continue
        for column, kind in zip(empty.columns, empty.types, strict=True):
            if column not in columns[name]:
                log.info("ledger_column_added", table=name, column=column)
                con.execute(f'alter table ledger.{name} add column "{column}" {kind}')
    con.commit()
    con.execute(statement("begin_statistics"))


def _columns(con: DuckDBPyConnection) -> dict[str, frozenset[str]]:
    rows = con.execute(statement("columns")).fetchall()
    return {table: frozenset(names) for table, names in rows}
