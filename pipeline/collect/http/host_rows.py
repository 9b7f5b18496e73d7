"""The table through which all machines of a cluster share the budget of a host, in place of `host_files`.

The database's clock is the one that all machines share. So the time of the last request is stored by this clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import msgspec

from pipeline import postgres
from pipeline.collect.http.host_files import HostMemory

_READ = """
    insert into newsledger_hosts values (%(name)s, '{}')
    on conflict (name) do update set name = excluded.name
    returning memory, extract(epoch from clock_timestamp())::float8
"""
"""The update changes nothing, but locks the row until the end of the transaction."""


class HostRows:
    """A session of one client. Each connection slot of a host is an advisory lock of this session."""

    def __init__(self, conninfo: str) -> None:
        """Raises StorageError."""
        self.conninfo = conninfo
        self.session = postgres.connect(conninfo)
        self.locks = postgres.DatabaseLocks(self.session, conninfo)
        with self.errors(), self.session.transaction():
            # A cache: a crash of the server may lose the last seconds of it.
            self.session.execute("set synchronous_commit = off")
            self.session.execute("select pg_advisory_xact_lock(%s)", [postgres.lock_key("hosts")])
            self.session.execute("create table if not exists newsledger_hosts (name text primary key, memory text)")

    def host(self, name: str, slots: int) -> HostRow:
        return HostRow(self, name, slots)

    def errors(self) -> AbstractContextManager[None]:
        """Turn a lost connection into StorageError."""
        return postgres.server_errors(self.conninfo)

    def close(self) -> None:
        self.session.close()


class HostRow:
    """The memory of the host `name` and its slots, as `HostFile` has them."""

    def __init__(self, rows: HostRows, name: str, slots: int) -> None:
        self._rows, self._name = rows, name
        self._slots = [rows.locks.lock(f"slot {number} of {name}") for number in range(1, slots + 1)]

    @contextmanager
    def memory(self) -> Iterator[HostMemory]:
        session = self._rows.session
        with self._rows.errors(), session.transaction():
            row = session.execute(_READ, {"name": self._name}).fetchone()
            assert row
            written, database_time = msgspec.convert(row, tuple[str, float])
            memory = msgspec.json.decode(written, type=HostMemory)
            ahead_seconds = time.time() - database_time
            memory.last_asked_at += ahead_seconds
            yield memory
            memory.last_asked_at -= ahead_seconds
            update = "update newsledger_hosts set memory = %s where name = %s"
            session.execute(update, [msgspec.json.encode(memory).decode(), self._name])

    def take_slot(self) -> ExitStack | None:
        for slot in self._slots:
            if slot.try_acquire():
                return self._taken([slot])
        return None

    def take_all_slots(self) -> ExitStack | None:
        taken = [slot for slot in self._slots if slot.try_acquire()]
        stack = self._taken(taken)
        if len(taken) == len(self._slots):
            return stack
        stack.close()
        return None

    def _taken(self, slots: Iterable[postgres.DatabaseLock]) -> ExitStack:
        stack = ExitStack()
        for slot in slots:
            stack.callback(slot.release)
        return stack
