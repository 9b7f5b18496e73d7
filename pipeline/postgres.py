"""The PostgreSQL server that the machines of a cluster share: connections, and locks that end with a connection.

Imported only where NEWSLEDGER_CATALOG names a server: psycopg is part of the extra `newsledger[cluster]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipeline.errors import SettingsError, StorageDenied, StorageError

Session = psycopg.Connection[tuple[object, ...]]

_DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "newsledger",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""The client notices after about 30 seconds that the server's machine is gone, whether it waits or has sent something.
The system's defaults are two hours and a quarter of one."""
_SERVER_TIMEOUTS = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000"
)
"""The server notices as fast that a client's machine is gone, and frees its locks: also one that the client was given
while it was gone, so that the answer did not reach it."""


_REFUSED = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "permission denied",
    "no pg_hba.conf entry",
)
"""One of these is in each answer of the server to a client that may not connect."""
_MISSING_RIGHT = """
    select coalesce(
        (
            select format('%s on table %s', privilege, tablename)
            from pg_tables cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as privilege
            where
                schemaname = current_schema()
                and tablename ~ '^(ducklake|newsledger)_'
                and not has_table_privilege(format('%I.%I', schemaname, tablename), privilege)
            limit 1
        ),
        case when has_schema_privilege(current_schema(), 'CREATE') then null else 'CREATE on schema public' end
    )
"""
_PORTS = re.compile(r"[0-9,]*")


class _Kind(NamedTuple):
    acquire: LiteralString
    release: LiteralString


_ALONE = _Kind("select pg_try_advisory_lock(%s)", "select pg_advisory_unlock(%s)")
_TOGETHER = _Kind("select pg_try_advisory_lock_shared(%s)", "select pg_advisory_unlock_shared(%s)")


class LockTimeout(Exception):
    """Another session has held the lock for too long."""


def server_name(conninfo: str) -> str:
    """The database without user and password, for messages: `postgresql://host:5432/name`."""
    parts = _parts(conninfo)
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgresql://{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


def split_password(conninfo: str) -> tuple[str, str | None]:
    """What libpq needs to connect, without the password, and the password."""
    parts = _DEFAULTS | _parts(conninfo)
    options = f"{parts.pop('options', '')} {_SERVER_TIMEOUTS}".lstrip()
    password = parts.pop("password", None)
    return make_conninfo(**parts, options=options), password


def connect(conninfo: str) -> Session:
    """A session in which each statement is its own transaction. Raises StorageError if the server does not answer."""
    address, password = split_password(conninfo)
    with server_errors(conninfo):
        return psycopg.connect(address, password=password, autocommit=True)


@contextmanager
def server_errors(conninfo: str) -> Iterator[None]:
    """Turn a lost or refused connection into a StorageError that names the database, a missing right into
    StorageDenied."""
    try:
        yield
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as exc:
        raise right_missing(conninfo, str(exc)) from exc
    except psycopg.OperationalError as exc:
        raise lost_connection(conninfo, str(exc)) from exc


def lost_connection(conninfo: str, said: str) -> StorageError:
    """The error for a server that does not answer, or lets nobody in; `said` is the driver's message."""
    line = said.strip().partition("\n")[0]
    if "FATAL" in line and any(words in line for words in _REFUSED):
        advice = "correct NEWSLEDGER_CATALOG, the password or the role (docs/cluster.md)"
        return StorageDenied(f"{server_name(conninfo)}: {line}; {advice}")
    return StorageError(f"{server_name(conninfo)}: {line}; run the same again: nothing is recorded twice")


def right_missing(conninfo: str, said: str) -> StorageDenied:
    """The error for a role that may connect but not do what is needed."""
    defaults = {option.keyword: option.val for option in psycopg.pq.Conninfo.get_defaults()}
    role = _parts(conninfo).get("user") or (defaults[b"user"] or b"").decode()
    line = said.strip().partition("\n")[0]
    return StorageDenied(
        f"{server_name(conninfo)}: a right of the role {role} is missing: {line}; it must own the database and its"
        " tables (docs/cluster.md)"
    )


def require_rights(conninfo: str) -> None:
    """Raises StorageDenied if the role may not record into the database, or make tables there; StorageError."""
    with server_errors(conninfo), connect(conninfo) as session:
        row = session.execute(_MISSING_RIGHT).fetchone()
    if row != (None,):
        raise right_missing(conninfo, f"{row[0] if row else 'all'}")


@contextmanager
def advisory_lock(conninfo: str, name: str, timeout_seconds: float) -> Iterator[Session]:
    """Hold the lock `name` of the database, on a session of its own: the server frees it when the session ends.

    Raises LockTimeout, StorageError.
    """
    with server_errors(conninfo), connect(conninfo) as session:
        try:
            milliseconds = max(1, round(timeout_seconds * 1000))  # for PostgreSQL, 0 means no limit
            session.execute("select set_config('lock_timeout', %s, false)", [str(milliseconds)])
            session.execute("select pg_advisory_lock(%s)", [lock_key(name)])
        except psycopg.errors.LockNotAvailable as exc:
            raise LockTimeout(name) from exc
        yield session


class DatabaseLocks:
    """Locks of the database that are tried, not waited for. This session holds them until they are released."""

    def __init__(self, session: Session, conninfo: str) -> None:
        self._session, self._conninfo, self._held = session, conninfo, set[str]()

    def lock(self, name: str) -> DatabaseLock:
        return DatabaseLock(self._session, self._conninfo, self._held, f"run {name}", _ALONE)

    def share(self, name: str) -> DatabaseLock:
        return DatabaseLock(self._session, self._conninfo, self._held, f"run {name}", _TOGETHER)


class DatabaseLock:
    """One of them. PostgreSQL gives a session a lock that it has already, so `held` remembers what it has."""

    def __init__(self, session: Session, conninfo: str, held: set[str], name: str, kind: _Kind) -> None:
        self._session, self._conninfo, self._held, self._name, self._kind = session, conninfo, held, name, kind

    def try_acquire(self) -> bool:
        """Take the lock; False if somebody else has it, also with this session."""
        if self._name in self._held or not self._ask(self._kind.acquire):
            return False
        self._held.add(self._name)
        return True

    def release(self) -> None:
        self._held.remove(self._name)
        self._ask(self._kind.release)

    def _ask(self, query: LiteralString) -> bool:
        with server_errors(self._conninfo):
            return self._session.execute(query, [lock_key(self._name)]).fetchone() == (True,)


def lock_key(name: str) -> int:
    """The 64-bit number that PostgreSQL needs as a lock's name."""
    return int.from_bytes(sha256(f"newsledger {name}".encode()).digest()[:8], signed=True)


def _parts(conninfo: str) -> dict[str, str]:
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    except psycopg.ProgrammingError:
        parts = {"port": conninfo}
    if "@" in parts.get("host", "") + parts.get("dbname", "") or not _PORTS.fullmatch(parts.get("port", "")):
        raise SettingsError(  # not from psycopg's error, which may repeat the password
            "NEWSLEDGER_CATALOG: is no connection URI of PostgreSQL; in a password, @ is written as %40, / as %2F, % as"
            " %25"
        ) from None
    return parts
