"""The `newsledger` command as a user runs it, in this process or in its own, and the files that it leaves."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import duckdb
import msgspec
import typer.main

from pipeline import models
from pipeline.cli import main
from pipeline.settings import PROJECT_ROOT, Settings
from tests.worlds.ledgers import environment_of

COMMAND = Path(sys.executable).with_name("newsledger")
ALLOW = {"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"}

Done = subprocess.CompletedProcess[str]

_get_command = cache(typer.main.get_command)
"""Typer makes all commands from their functions at each call, which takes a twentieth of a second."""


class Demo(NamedTuple):
    """What `newsledger demo` left and printed."""

    data: Path
    port: int
    output: str


def newsledger(*arguments: object, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Done:
    """Run the command in this process, which saves the seconds that a new one needs for its imports.

    What is tested of processes (signals, locks, parallel runs) needs `newsledger_process`.
    """
    argv = ["newsledger", *map(str, arguments)]
    given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.dict(os.environ, _environment(arguments, env)),
        mock.patch.multiple(sys, argv=argv, stdin=given, stdout=out, stderr=err),
        mock.patch.object(typer.main, "get_command", _get_command),
        _signals_restored(),
    ):
        try:
            main()
            status = 0
        except SystemExit as exc:
            status = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    printed = [stream.buffer.getvalue().decode() for stream in (out, err) if isinstance(stream.buffer, io.BytesIO)]
    return Done(argv, status, *printed)


def newsledger_process(*arguments: object, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Done:
    """Run the command in a process of its own."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | _environment(arguments, env),
        input=stdin,
        check=False,
        timeout=300,
    )


def as_reader(*commands: tuple[object, ...]) -> list[Done]:
    """Run the commands in one process for which write protection holds, which for root it does not otherwise."""
    powerless = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    asked = msgspec.json.encode([[str(word) for word in command] for command in commands])
    done = subprocess.run(
        [*(powerless if os.geteuid() == 0 else []), sys.executable, "-m", "tests.worlds.running"],
        input=asked,
        capture_output=True,
        check=True,
        cwd=PROJECT_ROOT,
    )
    return [Done(*each) for each in msgspec.json.decode(done.stdout)]


def _environment(arguments: tuple[object, ...], given: Mapping[str, str] | None) -> dict[str, str]:
    """The given variables, and those that say where the ledger of the data directory in `--data` is."""
    found = {**(given or {})}
    if "--data" in (words := [*map(str, arguments)]):
        found = environment_of(words[words.index("--data") + 1]) | found
        del found["NEWSLEDGER_DATA"]  # the option must do without it
    return found


@contextmanager
def _signals_restored() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build and publish the models, and open `news.duckdb` in an ordinary DuckDB session with time zone UTC."""
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def tables(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All tables and views of a published file, without the time of the build and the index of the search."""
    with duckdb.connect(path, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        names = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_schema != 'search'"
            " order by all"
        ).fetchall()
        return {
            name: sorted(con.sql(f"from {name}").project(_columns_but_built_at(con, name)).fetchall(), key=repr)
            for (name,) in names
        }


def _columns_but_built_at(con: duckdb.DuckDBPyConnection, table: str) -> str:
    return ", ".join(f'"{name}"' for name in sorted(con.sql(f"from {table}").columns) if name != "built_at")


def entry(source_id: str, base: str) -> str:
    """A source of sources.toml."""
    return f"""
[[source]]
id = "{source_id}"
name = "{source_id.title()} Post"
language = "en"
country = "GB"
homepage = "{base}/"
feeds = ["{base}/feed.xml"]
"""


def articles(data: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        return rows(con, "select url, headline, text, revision_count from articles order by url")


def fails_with_one_line(done: subprocess.CompletedProcess[str], besides: tuple[str, ...] = ("?",)) -> str:
    """The only line on standard error except progress lines."""
    assert done.returncode not in {0, 2}
    lines = [line for line in done.stderr.strip().splitlines() if not line.startswith(besides)]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("newsledger: ")
    return lines[0]


if __name__ == "__main__":
    # run the commands that standard input names, in this process, for a test that needs it to have other rights
    ran = [newsledger(*command) for command in msgspec.json.decode(sys.stdin.buffer.read())]
    sys.stdout.buffer.write(
        msgspec.json.encode([(each.args, each.returncode, each.stdout, each.stderr) for each in ran])
    )
