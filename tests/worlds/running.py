"""The command as a user runs it, and what it leaves behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

COMMAND = Path(sys.executable).with_name("newsledger")
ALLOW = {"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"}


def newsledger(
    *arguments: object, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | (env or {}),
        input=stdin,
        check=False,
        timeout=300,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


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
