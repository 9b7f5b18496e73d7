"""What DuckDB and SQLite say about full and broken disks, as StorageError; copies of whole files."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import StorageError, no_space, storage_errors

_FICLONE = 0x40049409
"""The request to share all blocks of another file, from linux/fs.h. Other systems refuse it."""
_FULL_DISK_BYTES = 1_000_000
"""With less free space than this, any DuckDB error is taken for a full disk: not all of its messages say so."""
_FULL = ("no space left", "disk is full", "disk full", "disk quota exceeded", "max_temp_directory_size")
"""What messages about a full disk contain. DuckDB's limit for temporary files is the space that was free when it
started."""
_BROKEN = ("file too large", "disk i/o error", "input/output error", "read-only file system")
RECOVERY = "restore the ledger's catalog and folder together from a backup (docs/operations.md, When verify fails)"
"""What to do with a ledger that cannot be read."""


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the system, of DuckDB and of SQLite about the disk into a StorageError that names the path."""
    try:
        with storage_errors(path):
            yield
    except (duckdb.Error, sqlite3.Error) as exc:
        found = disk_error(str(exc), path)
        if found is None:
            raise
        raise found from exc


def disk_error(message: str, path: Path) -> StorageError | None:
    """The error if a message of DuckDB, SQLite or dbt is about the disk. The line that says so is often not
    the first one."""
    if any(words in message.lower() for words in _FULL) or shutil.disk_usage(path.parent).free < _FULL_DISK_BYTES:
        return no_space(path)
    for line in message.splitlines():
        if any(words in line.lower() for words in _BROKEN):
            return StorageError(f"{path}: {line.strip()}")
    return None


def first_line(exc: BaseException) -> str:
    """The first line of the error's message; DuckDB's messages have several. One that repeats bytes that are no text
    cannot become an error of DuckDB's: Python says so instead, and has the message."""
    text = exc.object.decode(errors="backslashreplace") if isinstance(exc, UnicodeDecodeError) else str(exc)
    return text.strip().partition("\n")[0]


def copy_file(source: Path, target: Path) -> None:
    """Copy a file with its times. Both share their blocks where the file system can do so (Btrfs, XFS, ZFS)."""
    with source.open("rb") as original, target.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
        except OSError:
            shutil.copyfile(source, target)
    shutil.copystat(source, target)


def fsync(path: Path) -> None:
    """Return once the file or the names in the folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
