"""The file of NEWSLEDGER_PERSON_IDS: ids of people in other databases, such as Wikidata."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SettingsError

_COLUMNS = ["name", "id"]


def read_person_ids(path: Path) -> bytes:
    """The content of the file. Raises SettingsError unless it can be read, and begins with the names of its columns."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SettingsError(f"NEWSLEDGER_PERSON_IDS: {path} cannot be read: {exc.strerror}") from exc
    head = content.partition(b"\n")[0].decode("utf-8-sig", "replace")
    if [column.strip('" \r') for column in head.split(",")] != _COLUMNS:
        raise SettingsError(f"NEWSLEDGER_PERSON_IDS: the first line of {path} must be: {','.join(_COLUMNS)}")
    return content
