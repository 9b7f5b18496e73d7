"""The folder of a ledger's Parquet files: what is done with them besides DuckLake's own statements."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from duckdb import DuckDBPyConnection

from pipeline.errors import StorageDenied
from pipeline.ledger.disk import RECOVERY, disk_errors
from pipeline.regular_files import IRREGULAR, file_state, open_regular


class EventFolder(Protocol):
    """`str()` of it is the path that DuckLake is given. Files are named by their paths in DuckLake's answers."""

    def has_any(self, *, besides: Collection[str]) -> bool:
        """True if there are Parquet files of tables besides these, whatever the catalog says."""

    def require_regular(self) -> None:
        """Raises StorageError if one of them is something for which DuckDB would wait, such as a pipe."""

    def give_access(self, con: DuckDBPyConnection) -> None:
        """Let this session read and write the files; call it again before each use, because credentials may change."""

    def states(self, paths: Iterable[str]) -> Mapping[str, str]:
        """What changes if a file is written or replaced, for each file that exists."""

    def open(self, path: str) -> BinaryIO:
        """The file, to be read. Raises FileNotFoundError, StorageError."""

    def errors(self) -> AbstractContextManager[None]:
        """Turn errors of the place, such as a full disk, into StorageError."""


class LocalFolder:
    """A folder on a disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def has_any(self, *, besides: Collection[str]) -> bool:
        return any(file.parent.name not in besides for file in self._path.glob("main/*/*.parquet"))

    def require_regular(self) -> None:
        tables = [entry for entry in _entries(self._path / "main") if entry.is_dir()]
        for entry in (entry for table in tables for entry in _entries(table)):
            if not entry.is_file() and Path(entry).exists():  # it may have been merged meanwhile
                raise StorageDenied(f"{entry.path}: {IRREGULAR}; delete it, and {RECOVERY}")

    def give_access(self, con: DuckDBPyConnection) -> None:
        """A process may use its files."""

    def states(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {path: state for path in paths if (state := file_state(Path(path)))}

    def open(self, path: str) -> BinaryIO:
        return open_regular(Path(path))

    def errors(self) -> AbstractContextManager[None]:
        return disk_errors(self._path)


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    """What is in the folder, with its kinds, which the system tells without a look at each file."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
