"""Publish a finished build as `news.duckdb`, and delete what killed builds and publications left."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipeline.ledger.disk import copy_file, disk_errors, fsync
from pipeline.models.build_file import exclusive, require_finished
from pipeline.models.sql import statement
from pipeline.settings import Settings
from pipeline.shared_files import published_file, shared_files

KEPT_DOWNLOAD = timedelta(hours=6)
"""A copy from the store that is older was left by a killed process."""
KEPT_BROKEN = timedelta(days=7)
"""How long a broken build file is kept, for those who want to know what happened to it."""


def publish(settings: Settings) -> Path:
    """Replace `news.duckdb` by a copy of the build file, completely or not at all, and return its path.

    The copy has the build's size and time of modification. A published file that has both is not replaced again.

    Raises ModelsError unless the last build was finished and passed its tests. The published file then stays.
    """
    news, files = settings.news_file, shared_files(settings)
    with exclusive(settings), disk_errors(news):
        files.fetch(settings.build_file)
        require_finished(settings.build_file)
        files.copy(settings.build_file, news)
        if _is_published(settings.build_file, news):
            return news
        copy = news.with_name(f"{news.name}.publishing")
        try:
            copy_file(settings.build_file, copy)
            fsync(copy)
            _log_of(news).unlink(missing_ok=True)  # left by a session that wrote to the old file
            copy.replace(news)
        finally:
            copy.unlink(missing_ok=True)
        fsync(news.parent)
    return news


def _is_published(build: Path, news: Path) -> bool:
    try:
        published = news.stat()
    except FileNotFoundError:
        return False
    if _log_of(news).exists():
        return False
    built = build.stat()
    return (published.st_size, published.st_mtime_ns) == (built.st_size, built.st_mtime_ns)


def _log_of(news: Path) -> Path:
    return news.with_name(f"{news.name}.wal")


def published_counts(settings: Settings) -> dict[str, int]:
    """Rows of articles, revisions and quotes in `news.duckdb`, and the ledger's last position that it contains."""
    with duckdb.connect(published_file(settings), read_only=True) as con:
        (row,) = con.execute(statement("published_counts")).to_arrow_table().to_pylist()
    return {name: int(count) for name, count in row.items()}


def prune(settings: Settings, now: datetime) -> list[Path]:
    """Delete what killed builds and publications left, and broken build files older than `KEPT_BROKEN`.

    Return the deleted paths.
    """
    build, news = settings.build_file, settings.news_file
    broken = build.with_name(f"{build.name}.broken")
    with exclusive(settings), disk_errors(settings.data):
        left = [news.with_name(f"{news.name}.publishing"), build.with_name(f"{build.name}.tmp")]
        left += [
            path
            for path in settings.data.glob("*.fetching")
            if path.stat().st_mtime < (now - KEPT_DOWNLOAD).timestamp()
        ]
        if broken.exists() and broken.stat().st_mtime < (now - KEPT_BROKEN).timestamp():
            left.append(broken)
        found = [path for path in left if path.exists()]
        for path in found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return found
