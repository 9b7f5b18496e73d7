"""What the rows of a build follow from besides the events: SQL, settings, and the version of newsledger."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pipeline.models.event_source import event_source
from pipeline.settings import PROJECT_ROOT, Settings

SQL_PROJECT = PROJECT_ROOT / "sql"
_FOLDERS = (SQL_PROJECT, Path(__file__).parent)
_SUFFIXES = frozenset({".sql", ".yml", ".py"})


def recipe_digest(settings: Settings) -> str:
    """A digest of the dbt project, this package, the declarations of the event types, and the settings that matter.

    A build with another digest cannot be continued: its rows may be others.
    """
    digest = sha256()
    for part in (*map(version, ("newsledger", "duckdb", "dbt-core")), *settings.annotators, event_source()):
        digest.update(part.encode() + b"\0")
    for folder in _FOLDERS:
        for file in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"
