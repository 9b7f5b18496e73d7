"""A PostgreSQL server of the tests' own, in a temporary folder, reached through a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

_NUMBERS = count(1)


def binaries() -> Path | None:
    """The folder of initdb and postgres; Debian does not put it on the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))


class PostgresServer:
    """A running server. Unless it `flushes` to the disk, it survives a kill but no power cut."""

    def __init__(self, folder: Path, programs: Path, *, flushes: bool) -> None:
        self._folder, self._programs, self._flushes = folder, programs, flushes

    @classmethod
    @contextmanager
    def running(cls, programs: Path, *, flushes: bool = False) -> Iterator[Self]:
        folder = Path(tempfile.mkdtemp(prefix="newsledger-postgres-"))
        server = cls(folder, programs, flushes=flushes)
        try:
            if os.getuid() == 0:
                shutil.chown(folder, _owner())
            server._run("initdb", "--no-sync", "--auth=trust", "--username=newsledger", "--encoding=UTF8", "--locale=C")
            server.start()
            yield server
            server.stop()
        finally:
            shutil.rmtree(folder)

    def start(self) -> None:
        options = f"-c fsync={'on' if self._flushes else 'off'} -c listen_addresses='' -k {self._folder}"
        self._run("pg_ctl", "--wait", "--silent", f"--log={self._folder / 'log'}", f"--options={options}", "start")

    def stop(self) -> None:
        """Stop as a crash does: connections are lost, and the next start recovers."""
        self._run("pg_ctl", "--wait", "--silent", "--mode=immediate", "stop")

    def conninfo(self, database: str) -> str:
        return f"postgresql://newsledger:secret@/{database}?host={self._folder}"

    def new_database(self, template: str | None = None) -> str:
        """The connection URI of a new database, which is empty or a copy of the one with that URI."""
        made = self.conninfo(f"ledger_{next(_NUMBERS)}")
        self.copy_database(template or self.conninfo("template1"), made)
        return made

    def copy_database(self, source: str, target: str) -> None:
        """Replace a database, if it exists, by a copy of another one. Both are connection URIs.

        Sessions on both databases end, as a copy needs it; newsledger connects again.
        """
        old, new = (str(conninfo_to_dict(uri)["dbname"]) for uri in (source, target))
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as session:
            session.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", [old])
            session.execute(SQL("drop database if exists {} with (force)").format(Identifier(new)))
            session.execute(SQL("create database {} template {}").format(Identifier(new), Identifier(old)))

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as a user that may: it refuses root."""
        subprocess.run(
            [self._programs / program, f"--pgdata={self._folder / 'data'}", *arguments],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            user=_owner() if os.getuid() == 0 else None,
        )


def _owner() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
