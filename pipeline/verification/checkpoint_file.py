"""How far verifications have come, kept in `checkpoint.json` in the data directory or in the store.

It is written while a verification runs, so that one that was interrupted resumes, and the next one begins where this
one ended. It never goes past an event that is not as it was recorded, or past a file of the archive with a finding.

Anybody who can write the data directory can write this file too. So a full verification believes only the part of it
that can add findings: the end of the ledger and the number of anchors that were seen.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from pipeline.errors import StorageError
from pipeline.json_files import decoded
from pipeline.ledger.checkpoint import Checkpoint
from pipeline.shared_files import SharedFiles
from pipeline.verification.archive_files import ArchivePart

SAVE_SECONDS = 5.0
"""Pause between two writes of the file."""


class EndSeen(msgspec.Struct, frozen=True):
    """The end of the ledger when a verification had proven all of it."""

    position: int
    digest: str


class ArchiveProgress(msgspec.Struct, frozen=True):
    """An unfinished comparison of the archive's files."""

    part: ArchivePart
    began_at: Annotated[datetime, msgspec.Meta(tz=True)]
    files: Mapping[str, str] = {}
    """The state of each file that was compared and is sound, as it was before, by its name."""


class VerifyProgress(msgspec.Struct, frozen=True):
    checkpoint: Checkpoint | None = None
    end: EndSeen | None = None
    anchors: Mapping[str, int] = {}
    """The number of anchors in the file of this name, or at this path if NEWSLEDGER_ANCHORS names it."""
    archive: ArchiveProgress | None = None
    builds: Mapping[str, str] = {}
    """The state of the build and the published file when all of it was last read, by their names."""


class CheckpointFile:
    """The file and what it says. One that cannot be written, as in a write-protected copy, is not written."""

    def __init__(self, path: Path, files: SharedFiles) -> None:
        self.path, self._files = path, files
        self.progress = _read(path, files)
        self._saved_at = time.monotonic()

    def update(self, **changes: Any) -> None:
        """Change fields of the progress, and save it if the last time is more than `SAVE_SECONDS` ago."""
        self.progress = msgspec.structs.replace(self.progress, **changes)
        if time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        self._saved_at = time.monotonic()
        with suppress(StorageError):
            self._files.write(self.path, msgspec.json.encode(self.progress) + b"\n")


def _read(path: Path, files: SharedFiles) -> VerifyProgress:
    """What the file says. A missing or unreadable one says nothing, so everything is read."""
    try:
        return decoded(files.read(path) or b"", VerifyProgress)
    except (StorageError, msgspec.DecodeError):
        return VerifyProgress()
