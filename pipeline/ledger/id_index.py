"""An index of the ids of all events, so that the cost of an append does not grow with the ledger.

Ids are hashes, so the statistics of Parquet files exclude no file, and looking for some ids means reading the ids of
all events: 0.1 CPU seconds a million. The index is a SQLite file with a prefix of each id. An id whose prefix it does
not have is new. Others are looked for in the ledger, so that two ids with the same prefix are not mixed up.

It is derived from the ledger and may be deleted at any time. It has the head up to which it was made, in the same
transaction as the ids. An append adds its ids after its commit. If it was killed before, the next append adds them. If
the ledger does not contain the index's head, as after an older backup was restored, all ids are read again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog

log = structlog.get_logger()

T = TypeVar("T")

_TABLES = """
pragma journal_mode = wal;
pragma synchronous = normal;
create table if not exists ids (prefix integer primary key);
create table if not exists head (position integer, digest text);
"""


class IdIndex:
    """The index in this file. It is used under the ledger's lock only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def possibly_known(
        self,
        ids: Iterable[UUID],
        head: tuple[int, str],
        contains: Callable[[int, str], bool],
        prefixes_after: Callable[[int], Iterator[Sequence[int]]],
    ) -> set[UUID]:
        """Those of the ids that a ledger with this head, a position and a digest, may have.

        `contains` says whether the ledger has an append that ends like this. `prefixes_after` gives the prefixes of the
        ids of the events after a position, in batches. All ids are returned if the file cannot be used.
        """

        def known(con: sqlite3.Connection) -> set[int]:
            _catch_up(con, head, contains, prefixes_after)
            wanted = msgspec.json.encode([_prefix(event_id) for event_id in ids]).decode()
            sql = "select prefix from ids where prefix in (select value from json_each(?))"
            return {prefix for (prefix,) in con.execute(sql, [wanted])}

        prefixes = self._use(known)
        return set(ids) if prefixes is None else {event_id for event_id in ids if _prefix(event_id) in prefixes}

    def add(self, ids: Iterable[UUID], before: tuple[int, str], after: tuple[int, str]) -> None:
        """Add the ids of the append between these two heads of the ledger."""

        def added(con: sqlite3.Connection) -> None:
            if _head(con) == before:
                _insert(con, list(map(_prefix, ids)), after)

        self._use(added)

    def _use(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """The result of `act` in one transaction; None if the file cannot be used. It is then deleted, because all that
        it says can be read again."""
        try:
            with closing(sqlite3.connect(self._path)) as con:
                con.executescript(_TABLES)
                with con:
                    return act(con)
        except (sqlite3.Error, OSError) as exc:
            log.warning("id_index_deleted", file=str(self._path), reason=str(exc))
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return None


def _catch_up(
    con: sqlite3.Connection,
    head: tuple[int, str],
    contains: Callable[[int, str], bool],
    prefixes_after: Callable[[int], Iterator[Sequence[int]]],
) -> None:
    """Add the ids of the events after the index's head, up to the ledger's."""
    mine = _head(con)
    if mine == head:
        return
    if mine is None or not contains(*mine):
        con.execute("delete from ids")
        mine = (0, "")
    for batch in prefixes_after(mine[0]):
        _insert(con, batch, head)
    _insert(con, (), head)


def _insert(con: sqlite3.Connection, prefixes: Sequence[int], head: tuple[int, str]) -> None:
    con.executemany("insert or ignore into ids values (?)", ((prefix,) for prefix in sorted(prefixes)))
    con.execute("delete from head")
    con.execute("insert into head values (?, ?)", head)


def _head(con: sqlite3.Connection) -> tuple[int, str] | None:
    row: tuple[int, str] | None = con.execute("select position, digest from head").fetchone()
    return row


def _prefix(event_id: UUID) -> int:
    """The first 15 hexadecimal digits."""
    return event_id.int >> 68
