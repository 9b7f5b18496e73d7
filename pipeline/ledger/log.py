"""Append to the ledger and read from it.

How an append works. The caller builds the events before the lock is taken. Under the lock, one transaction drops the
events whose ids the ledger already has, gives the others the positions after the head, adds a row with the append's
digest to `appends`, and updates the head, the only row of `log_head`.

DuckLake has no unique constraint, so without the lock two appends at the same time could record an event twice. If the
lock ever fails, the head is a second guard: both appends update its row, so one of the two commits fails. If the
catalog reports contention, for example with a reader, the whole transaction is retried.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from uuid import UUID

import duckdb
import msgspec
import pyarrow as pa
import stamina
from duckdb import DuckDBPyConnection

from pipeline.errors import LedgerError, LedgerMissing
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ids import time_uuid
from pipeline.ledger.catalog import Catalog, catalog_at
from pipeline.ledger.disk import RECOVERY
from pipeline.ledger.erased import ErasedArticle, ErasedArticles, Erasure
from pipeline.ledger.id_index import IdIndex
from pipeline.ledger.rows import ROWS_IN_BATCH, Recorded, canonical_lines_of, collection_paused, to_table
from pipeline.ledger.session import connect, execute, ledger_errors
from pipeline.ledger.sql import statement
from pipeline.ledger.tables import completed, is_complete, require_no_events
from pipeline.places import LedgerPlace

Row = TypeVar("Row", bound=msgspec.Struct)
T = TypeVar("T")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


INDEXED_FROM = 500_000
"""Number of events from which appends use the index of ids. Reading the ids of fewer events costs less than the index,
0.05 CPU seconds."""


class Run(msgspec.Struct, frozen=True):
    """One execution: its id, `cli-<uuid7>` or Airflow's run id, and the clock that its steps use.

    `recorded_at` does not come from this clock but from the ledger's own.
    """

    run_id: str
    now: Clock = utc_now


def start_run(now: Clock = utc_now) -> Run:
    """A run started from the command line."""
    return Run(f"cli-{time_uuid(now())}", now)


class Append(msgspec.Struct, frozen=True):
    """What an append added. It is empty if every event was known."""

    types: Mapping[UUID, str]
    """The types of the new events, by id."""
    last_position: int
    """The ledger's last position afterwards."""

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of new events by type."""
        return Counter(self.types.values())

    @property
    def events(self) -> int:
        """The number of new events."""
        return len(self.types)

    def count(self, events: Iterable[Event]) -> Mapping[str, int]:
        """How many of these events were new, by type."""
        return Counter(self.types[event.event_id] for event in events if event.event_id in self.types)


class Head(NamedTuple):
    """The end of the ledger."""

    position: int
    append_no: int
    digest: str
    """Digest of the chain up to that append."""

    @property
    def end(self) -> tuple[int, str]:
        return self.position, self.digest


class Ledger:
    """One process's connection to the ledger. Only one thread at a time may use it.

    `now` gives the time at which events are recorded.
    """

    def __init__(
        self, catalog: Catalog, con: DuckDBPyConnection, lock_timeout_seconds: float, now: Clock, indexed_from: int
    ) -> None:
        self.catalog = catalog
        self._index, self._indexed_from = IdIndex(catalog.id_index), indexed_from
        self._erased = ErasedArticles()
        self._con = con
        self._lock_timeout_seconds = lock_timeout_seconds
        self._now = now

    @classmethod
    def open(
        cls,
        place: LedgerPlace,
        *,
        lock_timeout_seconds: float = 60,
        now: Clock = utc_now,
        indexed_from: int = INDEXED_FROM,
    ) -> Self:
        """Open the ledger at this place (see `catalog_at`). Create it, or its missing tables and columns, first.

        Raises LedgerTooNew, LedgerLocked, LedgerError or StorageError, each naming the place.
        """
        catalog = catalog_at(place)
        with ledger_errors(catalog):
            catalog.prepare()
            con = connect(catalog) if catalog.exists() else None
            if con is None or not is_complete(con, catalog):
                if con is not None:
                    con.close()
                with catalog.exclusive(lock_timeout_seconds):
                    con = completed(catalog)
        return cls(catalog, con, lock_timeout_seconds, now, indexed_from)

    @staticmethod
    def exists(place: LedgerPlace) -> bool:
        """True if there is a ledger at this place."""
        return catalog_at(place).exists()

    @classmethod
    def open_existing(cls, place: LedgerPlace, *, lock_timeout_seconds: float = 60) -> Self:
        """Like `open`, but raises LedgerMissing without a ledger, and LedgerError if only its catalog is missing."""
        if not cls.exists(place):
            require_no_events(missing := catalog_at(place))
            raise LedgerMissing(f"{missing}: no ledger here; `newsledger ingest` or `newsledger demo` makes one")
        return cls.open(place, lock_timeout_seconds=lock_timeout_seconds)

    def close(self) -> None:
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def append(self, events: Sequence[Event], run: Run) -> Append:
        """Record the events that are not known yet, in one transaction, and return what was new.

        Raises LedgerLocked after `lock_timeout_seconds`, StorageError if the disk is full.
        """
        with collection_paused():
            offered = {event.event_id: event for event in events}
            if not offered:
                return Append({}, self.head()[0])
            return self._locked(lambda: self._append_once(offered, run))

    def erase(self, plan: Callable[[], Erasure], run: Run) -> Append:
        """Remove and replace events, and record those that seal the rest, in one transaction. `plan` is called under
        the lock, so that what it reads is all there is. Raises as `append`."""
        return self._locked(lambda: self._append_once({}, run, plan))

    def compact(self) -> None:
        """Remove from the catalog what was deleted from it. Raises as `rearrange`."""
        self._locked(self.catalog.compact)

    def head(self) -> Head:
        """The last position, and the last append."""
        with ledger_errors(self.catalog):
            return self._head()

    def _head(self) -> Head:
        rows = self._con.execute("select position, append_no, digest from ledger.log_head").fetchall()
        if len(rows) != 1 or None in rows[0]:
            said = "a row with nulls" if len(rows) == 1 else f"{len(rows)} rows instead of one"
            raise LedgerError(f"{self.catalog}: log_head has {said}; {RECOVERY}")
        return Head(*rows[0])

    def select(self, row_type: type[Row], name: str, /, **values: Any) -> list[Row]:
        """Rows of the query `sql/<name>.sql` with these values bound."""
        with ledger_errors(self.catalog):
            return self._rows(row_type, name, values)

    def rearrange(self, row_type: type[Row], name: str, /, **values: Any) -> list[Row]:
        """Like `select`, for a statement of maintenance, which merges or deletes files but changes no event.

        It takes the lock, so no process can append meanwhile.
        Raises LedgerLocked after `lock_timeout_seconds`.
        """
        return self._locked(lambda: self._rows(row_type, name, values))

    def _locked(self, act: Callable[[], T]) -> T:
        """The result of `act`, called while the lock is held, and called again after an error that means contention."""
        catalog = self.catalog
        catalog.require_writable()
        with ledger_errors(catalog), catalog.exclusive(self._lock_timeout_seconds):
            for attempt in stamina.retry_context(
                on=catalog.is_contention, attempts=10, timeout=60, wait_initial=0.02, wait_max=2
            ):
                with attempt:
                    return act()
        raise AssertionError("stamina returns or raises")

    def _rows(self, row_type: type[Row], name: str, values: Mapping[str, Any]) -> list[Row]:
        cursor = execute(self._con, statement(name), dict(values))
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return [msgspec.convert(row, row_type, strict=False) for row in rows]

    def table(self, sql: str) -> pa.Table:
        """The result of a query that only reads; the ledger's tables are in schema `ledger`."""
        with ledger_errors(self.catalog):
            return self._con.execute(sql).to_arrow_table()

    def read(self, cls: type[Event], first: int, last: int) -> pa.RecordBatchReader:
        """A type's rows from position `first` to `last`, both included, in batches.

        Consume the reader before the next query: they share one connection.
        """
        sql = statement("events_between").format(table=event_type(cls), first=first, last=last)
        with ledger_errors(self.catalog):
            return self._con.execute(sql).to_arrow_reader(ROWS_IN_BATCH)

    def has_append(self, digest: str) -> bool:
        """True if one of the appends has this digest. A build that stores such a digest was made from this ledger."""
        with ledger_errors(self.catalog):
            return bool(self._con.execute(statement("append_with_digest"), {"digest": digest}).fetchall())

    def _append_once(self, offered: Mapping[Any, Event], run: Run, plan: Callable[[], Erasure] | None = None) -> Append:
        con = self._con
        con.begin()
        try:
            head = self._head()
            position, append_no, previous_digest = head
            offered = offered if plan is None else self._replace(plan())
            fresh = self._unknown(offered, head)
            if not fresh:
                con.rollback()
                return Append({}, position)
            now = self._now()
            recorded = [
                Recorded(position=position + n, event_id=event_id, recorded_at=now, run_id=run.run_id, event=event)
                for n, (event_id, event) in enumerate(fresh.items(), start=1)
            ]
            digest = chain_digest(previous_digest, append_no + 1, [canonical_lines_of(recorded)])
            self._insert(recorded)
            last = recorded[-1].position
            row = [append_no + 1, position + 1, last, len(recorded), run.run_id, now, digest, previous_digest]
            execute(con, "insert into ledger.appends values (?, ?, ?, ?, ?, ?, ?, ?)", row)
            end = [last, append_no + 1, digest]
            execute(con, "update ledger.log_head set position = ?, append_no = ?, digest = ?", end)
            self.catalog.require_exclusive()
            con.commit()
        except BaseException:
            _roll_back(con)
            raise
        if plan is None:
            self._erased.advance(digest)
        if position >= self._indexed_from:
            self._index.add(fresh, head.end, (last, digest))
        return Append({event_id: event_type(type(event)) for event_id, event in fresh.items()}, last)

    def _insert(self, recorded: Iterable[Recorded]) -> None:
        by_type: dict[type[Event], list[Recorded]] = {}
        for item in recorded:
            by_type.setdefault(type(item.event), []).append(item)
        for cls, rows in by_type.items():
            self._con.register("fresh", to_table(cls, rows))
            self._con.execute(statement("insert_events").format(table=event_type(cls)))
            self._con.unregister("fresh")

    def _replace(self, erasure: Erasure) -> Mapping[Any, Event]:
        """Remove and replace rows, and return the events to record, by id."""
        for table, positions in erasure.positions.items():
            execute(self._con, statement("remove_events").format(table=table), {"positions": positions})
        self._insert(erasure.replaced)
        return {event.event_id: event for event in erasure.events}

    def _unknown(self, offered: Mapping[Any, Event], head: Head) -> dict[Any, Event]:
        """Those of the offered events that the ledger does not have yet, without what is about erased articles."""
        fresh = dict(offered)
        possibly_known = set(offered)
        if head.position >= self._indexed_from:
            possibly_known = self._index.possibly_known(offered, head.end, self._contains, self._prefixes_after)
        ids_by_type: dict[type[Event], list[bytes]] = {}
        for event_id in possibly_known:
            ids_by_type.setdefault(type(offered[event_id]), []).append(event_id.bytes)
        for cls, ids in ids_by_type.items():
            self._con.register("offered", pa.table({"event_id": pa.array(ids, pa.binary(16)).cast(pa.uuid())}))
            for (known,) in self._con.execute(statement("known_ids").format(table=event_type(cls))).fetchall():
                del fresh[known]
            self._con.unregister("offered")
        if fresh:
            self._erased.read(head.digest, lambda: self._rows(ErasedArticle, "erased_articles", {}))
        return self._erased.without(fresh)

    def _contains(self, position: int, digest: str) -> bool:
        """True if an append ends at this position, with this digest of the chain."""
        return (position,) in self._con.execute(statement("append_with_digest"), {"digest": digest}).fetchall()

    def _prefixes_after(self, position: int) -> Iterator[Sequence[int]]:
        """The prefixes of the ids of the events after a position, in batches, for the index."""
        for cls in EVENT_TYPES:
            sql = statement("id_prefixes_after").format(table=event_type(cls), position=position)
            for batch in self._con.execute(sql).to_arrow_reader():
                yield batch["prefix"].to_numpy().tolist()


def chain_digest(previous_digest: str, append_no: int, lines: Iterable[bytes | memoryview]) -> str:
    """`sha256:<hex>` over the previous digest, the append's number and every event's canonical line, in order."""
    hashed = hashlib.sha256(f"{previous_digest}\n{append_no}\n".encode())
    for line in lines:
        hashed.update(line)
    return f"sha256:{hashed.hexdigest()}"


def _roll_back(con: DuckDBPyConnection) -> None:
    with suppress(duckdb.TransactionException):  # a failed commit has already ended it
        con.rollback()
