"""What DuckDB says about full and broken disks, as StorageError."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import StorageError, storage_errors

_FULL_DISK_BYTES = 1_000_000
"""With less free space than this, any DuckDB error is taken for a full disk: not all of its messages say so."""
_MESSAGES = ("no space left", "disk is full", "disk full", "file too large", "disk i/o error", "read-only file system")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the operating system and of DuckDB about the disk into a StorageError that names the path."""
    try:
        with storage_errors(path):
            yield
    except duckdb.Error as exc:
        if any(words in str(exc).lower() for words in _MESSAGES):
            raise StorageError(f"{path}: {first_line(exc)}") from exc
        if shutil.disk_usage(path.parent).free < _FULL_DISK_BYTES:
            raise StorageError(f"{path}: no space left on the disk: {first_line(exc)}") from exc
        raise


def first_line(exc: BaseException) -> str:
    """The first line of the error's message; DuckDB's messages have several."""
    return str(exc).strip().partition("\n")[0]
