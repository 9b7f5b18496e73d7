"""Single files that every machine must find the same: the build, the published file, and what verifications remember.

On one machine they are in the data directory. In a cluster with a store (NEWSLEDGER_STORAGE) they are objects there,
and the data directory of each machine has copies of the large ones, which DuckDB can open.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import structlog

from pipeline.errors import StorageError, storage_errors
from pipeline.interval import utc_minute
from pipeline.regular_files import open_regular, require_regular
from pipeline.settings import Settings

log = structlog.get_logger()


class SharedFiles(Protocol):
    """A file is named by its path in the data directory. Everything raises StorageError if the place fails."""

    def exists(self, path: Path) -> bool: ...

    def read(self, path: Path) -> bytes | None:
        """What a small file contains; None if it does not exist."""

    def write(self, path: Path, content: bytes) -> None:
        """Replace a small file, completely or not at all."""

    def append(self, path: Path, line: bytes) -> None:
        """Add a line to a small file, and return once it survives a power cut."""

    def fetch(self, path: Path) -> None:
        """Make the copy in the data directory what the store has; without anything there, delete it."""

    def send(self, path: Path) -> None:
        """Replace what the store has by the copy in the data directory, completely or not at all."""

    def copy(self, path: Path, target: Path) -> None:
        """Make `target` the same as `path` in the store, completely or not at all."""

    def delete(self, path: Path) -> None:
        """Delete what the store has, but not the copy in the data directory."""


def shared_files(settings: Settings) -> SharedFiles:
    if settings.s3 is None:
        return LocalFiles()
    from pipeline.stored_files import StoredFiles  # what it imports is installed for a cluster only

    return StoredFiles(settings.s3)


def published_file(settings: Settings) -> Path:
    """The newest published file, in the data directory. It need not exist. If the store fails, or does not answer for
    some seconds, it is the copy that is there. Raises StorageError without one."""
    news = settings.news_file
    if settings.s3 is None:
        return news
    from pipeline.s3_client import hurried_client  # what they import is installed for a cluster only
    from pipeline.stored_files import StoredFiles

    try:
        StoredFiles(settings.s3, hurried_client).fetch(news)
    except StorageError as exc:
        if not news.is_file():
            raise
        written_at = datetime.fromtimestamp(news.stat().st_mtime, UTC)
        log.warning("published_file_not_fetched", reason=str(exc), shown="copy", written_at=utc_minute(written_at))
    return news


class LocalFiles:
    """Files of one machine: what is in the data directory is shared already."""

    def exists(self, path: Path) -> bool:
        return path.exists()

    def read(self, path: Path) -> bytes | None:
        with storage_errors(path):
            try:
                with open_regular(path) as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def write(self, path: Path, content: bytes) -> None:
        written = path.with_name(f"{path.name}.{os.getpid()}")
        with storage_errors(path):
            written.write_bytes(content)
            written.replace(path)

    def append(self, path: Path, line: bytes) -> None:
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                require_regular(path)
            with path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())

    def fetch(self, path: Path) -> None:
        pass

    def send(self, path: Path) -> None:
        pass

    def copy(self, path: Path, target: Path) -> None:
        pass

    def delete(self, path: Path) -> None:
        pass
