"""Append to the ledger and read from it.

The protocol (docs/architecture.md): events are built outside the lock; under it, in one transaction, known ids are
dropped, positions given, the head moved and the append chained. DuckLake has no unique constraint and the
SQLite catalog answers contention with "database is locked", so the lock makes it right and the retry makes
it patient; the head's row makes two commits collide should the lock ever fail.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import duckdb
import msgspec
import pyarrow as pa
import stamina
from duckdb import DuckDBPyConnection
from filelock import FileLock, Timeout

from pipeline.errors import LedgerError, LedgerLocked, LedgerMissing, StorageError, storage_errors
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ids import time_uuid
from pipeline.ledger import catalog
from pipeline.ledger.rows import Recorded, to_table

Row = TypeVar("Row", bound=msgspec.Struct)
Clock = Callable[[], datetime]

_CONTENTION = ("locked", "conflict", "primary key", "busy")
_FULL_DISK_BYTES = 1_000_000
_DISK = ("no space left", "disk is full", "disk full", "file too large", "disk i/o error", "read-only file system")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Run(msgspec.Struct, frozen=True):
    """One execution: Airflow's run id or `cli-<uuid7>`, and the clock that its steps go by."""

    run_id: str
    now: Clock = utc_now


def start_run(now: Clock = utc_now) -> Run:
    """A run started from the command line."""
    return Run(f"cli-{time_uuid(now())}", now)


class Append(msgspec.Struct, frozen=True):
    """What an append added; nothing when every event was known."""

    types: Mapping[UUID, str]
    """Of the new events, by id."""
    last_position: int

    @property
    def counts(self) -> Mapping[str, int]:
        """New events by type."""
        return Counter(self.types.values())

    @property
    def events(self) -> int:
        return len(self.types)

    def count(self, events: Iterable[Event]) -> Mapping[str, int]:
        """The new ones among these events by type."""
        return Counter(self.types[event.event_id] for event in events if event.event_id in self.types)


class Ledger:
    """One process's connection to the ledger. Not for use by several threads."""

    def __init__(self, path: Path, con: DuckDBPyConnection, lock: FileLock, now: Clock) -> None:
        self.path = path
        self._con = con
        self._lock = lock
        self._now = now

    @classmethod
    def open(cls, path: Path, *, lock_timeout_seconds: float = 60, now: Clock = utc_now) -> Self:
        """Open the ledger whose catalog is at `path`, making it or its missing tables first.

        Raises LedgerTooNew, LedgerLocked, LedgerError or StorageError, each naming the path.
        """
        lock = FileLock(path.with_suffix(".lock"), timeout=lock_timeout_seconds)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            con = catalog.connect(path) if path.is_file() else None
            if con is None or not catalog.is_complete(con, path):
                if con is not None:
                    con.close()
                with _held(lock, path):
                    con = catalog.connect(path)
                    catalog.complete(con, path)
        return cls(path, con, lock, now)

    @classmethod
    def open_existing(cls, path: Path, *, lock_timeout_seconds: float = 60) -> Self:
        """As `open`, but raises LedgerMissing instead of making a ledger where there is none."""
        if not path.is_file() or path.stat().st_size == 0:
            raise LedgerMissing(f"{path.parent}: no ledger here; `newsledger ingest` or `newsledger demo` makes one")
        return cls.open(path, lock_timeout_seconds=lock_timeout_seconds)

    def close(self) -> None:
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def append(self, events: Sequence[Event], run: Run) -> Append:
        """Record the events that are not known yet, all or none of them, and say how many were new.

        Raises LedgerLocked after `lock_timeout_seconds`, StorageError when the disk is full.
        """
        offered = {event.event_id: event for event in events}
        if not offered:
            return Append({}, self.head()[0])
        with disk_errors(self.path), _held(self._lock, self.path):
            for attempt in stamina.retry_context(
                on=_is_contention, attempts=10, timeout=60, wait_initial=0.02, wait_max=2
            ):
                with attempt:
                    return self._append_once(offered, run)
        raise AssertionError("stamina returns or raises")

    def head(self) -> tuple[int, int, str]:
        """The last position, the number of the last append, and the digest of the chain up to it."""
        row = self._con.execute("select position, append_no, digest from ledger.log_head").fetchall()
        if len(row) != 1:
            raise LedgerError(f"{self.path}: log_head has {len(row)} rows instead of one; run `newsledger verify`")
        position, append_no, digest = row[0]
        return position, append_no, digest

    def select(self, row_type: type[Row], name: str, /, **values: Any) -> list[Row]:
        """Rows of the query `sql/<name>.sql` with these values bound."""
        with self._readable():
            return self._rows(row_type, name, values)

    def rearrange(self, row_type: type[Row], name: str, /, **values: Any) -> list[Row]:
        """As `select`, for a statement that changes files and no event, while no other process appends.

        Raises LedgerLocked after `lock_timeout_seconds`.
        """
        with disk_errors(self.path), _held(self._lock, self.path):
            for attempt in stamina.retry_context(
                on=_is_contention, attempts=10, timeout=60, wait_initial=0.02, wait_max=2
            ):
                with attempt:
                    return self._rows(row_type, name, values)
        raise AssertionError("stamina returns or raises")

    def _rows(self, row_type: type[Row], name: str, values: Mapping[str, Any]) -> list[Row]:
        cursor = self._con.execute(catalog.statement(name), dict(values))
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return [msgspec.convert(row, row_type, strict=False) for row in rows]

    def table(self, sql: str) -> pa.Table:
        """The result of a reading query; the ledger's tables are in schema `ledger`."""
        with self._readable():
            return self._con.execute(sql).to_arrow_table()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            with disk_errors(self.path):
                yield
        except (duckdb.Error, msgspec.ValidationError) as exc:
            raise LedgerError(
                f"{self.path}: cannot be read: {catalog.first_line(exc)}; `newsledger verify` tells more"
            ) from exc

    def _append_once(self, offered: Mapping[Any, Event], run: Run) -> Append:
        con = self._con
        con.begin()
        try:
            position, append_no, previous_digest = self.head()
            fresh = self._unknown(offered)
            if not fresh:
                con.rollback()
                return Append({}, position)
            now = self._now()
            recorded = [
                Recorded(position=position + n, event_id=event_id, recorded_at=now, run_id=run.run_id, event=event)
                for n, (event_id, event) in enumerate(fresh.items(), start=1)
            ]
            digest = chain_digest(previous_digest, append_no + 1, recorded)
            for cls in EVENT_TYPES:
                rows = [item for item in recorded if type(item.event) is cls]
                if rows:
                    con.register("fresh", to_table(cls, rows))
                    con.execute(catalog.statement("insert_events").format(table=event_type(cls)))
                    con.unregister("fresh")
            last = recorded[-1].position
            con.execute(
                "insert into ledger.appends values (?, ?, ?, ?, ?, ?, ?, ?)",
                [append_no + 1, position + 1, last, len(recorded), run.run_id, now, digest, previous_digest],
            )
            con.execute(
                "update ledger.log_head set position = ?, append_no = ?, digest = ?", [last, append_no + 1, digest]
            )
            con.commit()
        except BaseException:
            _roll_back(con)
            raise
        return Append({event_id: event_type(type(event)) for event_id, event in fresh.items()}, last)

    def _unknown(self, offered: Mapping[Any, Event]) -> dict[Any, Event]:
        """The offered events whose ids their tables do not hold."""
        fresh = dict(offered)
        for cls in {type(event) for event in offered.values()}:
            ids = [event_id.bytes for event_id, event in offered.items() if type(event) is cls]
            self._con.register("offered", pa.table({"event_id": pa.array(ids, pa.binary(16)).cast(pa.uuid())}))
            for (known,) in self._con.execute(catalog.statement("known_ids").format(table=event_type(cls))).fetchall():
                del fresh[known]
            self._con.unregister("offered")
        return fresh


def chain_digest(previous_digest: str, append_no: int, recorded: Sequence[Recorded]) -> str:
    """`sha256:<hex>` over the digest before, the append's number and every event's canonical line, in order."""
    hashed = hashlib.sha256(f"{previous_digest}\n{append_no}\n".encode())
    for item in recorded:
        hashed.update(item.canonical())
    return f"sha256:{hashed.hexdigest()}"


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """As `storage_errors`, also for what DuckDB says of a full or broken disk."""
    try:
        with storage_errors(path):
            yield
    except duckdb.Error as exc:
        if any(words in str(exc).lower() for words in _DISK):
            raise StorageError(f"{path}: {catalog.first_line(exc)}") from exc
        if shutil.disk_usage(path.parent).free < _FULL_DISK_BYTES:  # not all that DuckDB says of it tells why
            raise StorageError(f"{path}: no space left on the disk: {catalog.first_line(exc)}") from exc
        raise


@contextmanager
def _held(lock: FileLock, path: Path) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout as exc:
        raise LedgerLocked(
            f"{path}: another process has held the ledger's lock for {lock.timeout:g} s;"
            " nothing was recorded, try again"
        ) from exc
    try:
        yield
    finally:
        lock.release()


def _is_contention(exc: Exception) -> bool:
    return isinstance(exc, duckdb.Error) and any(word in str(exc).lower() for word in _CONTENTION)


def _roll_back(con: DuckDBPyConnection) -> None:
    with suppress(duckdb.TransactionException):  # a failed commit has already ended it
        con.rollback()
