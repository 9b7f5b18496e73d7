"""What a verification has found, and what to do about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pipeline.errors import NotAsRecorded


class Part(StrEnum):
    """What a finding is about, which decides what has to be done."""

    LEDGER = "ledger"
    ARCHIVE = "archive"
    UNERASED = "unerased"
    HEAD = "head"
    ANCHORS = "anchors"
    BUILD = "build"


ADVICE = {
    Part.LEDGER: "restore the catalog (ledger.sqlite, or PostgreSQL's database) and the folder ledger together from a"
    " backup",
    Part.ARCHIVE: "copy the named files of the archive from a backup to the same paths",
    Part.UNERASED: "run `newsledger maintain`, which erases it again; do not copy these files from a backup",
    Part.HEAD: "the end of the ledger is missing or was replaced: find a backup that is not older",
    Part.ANCHORS: "restore the file of anchors from a copy; if there is none, move away what is left of it, and delete"
    " checkpoint.json, so that nothing is expected of it",
    Part.BUILD: "run `newsledger models --anew` and `newsledger publish`, which make the named file from the ledger",
}
"""What to do about the findings."""


class Deviation(msgspec.Struct, frozen=True):
    """A deviation from what was recorded."""

    part: Part
    text: str


class Proof(msgspec.Struct, frozen=True):
    """The extent of a verification, and every difference that it found."""

    appends: int
    events: int
    """Also the ledger's last position."""
    digest: str
    """Digest of the ledger's whole chain."""
    records: int
    """Number of events whose record in the archive was compared, …"""
    records_read: int
    """… and how many of them now. An interrupted verification has compared the others, in files that are as they were
    then."""
    archive_since: datetime
    """Every record was compared at this time or later."""
    findings: tuple[Deviation, ...]
    events_read: int
    """Number of events that were read. An earlier verification has read the others; this one has only counted them."""
    read_since: datetime
    """Every event was read at this time or later."""

    def require_success(self) -> None:
        """Raises NotAsRecorded with the first finding and with what to do, if there is one."""
        if self.findings:
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            raise NotAsRecorded(f"{self.findings[0].text}{more}; {self.advice}")

    @property
    def holds_what_was_recorded(self) -> bool:
        """False if something is wrong with ledger or archive, which anchors and builds are no part of."""
        return all(finding.part in (Part.ANCHORS, Part.BUILD) for finding in self.findings)

    @property
    def head(self) -> str:
        """The ledger's head, as `verify --digest` takes it: `POSITION:sha256:…`."""
        return f"{self.events}:{self.digest}"

    @property
    def advice(self) -> str:
        """What to do about the findings, in one line."""
        parts = [part for part in Part if any(finding.part is part for finding in self.findings)]
        return "; ".join([*(ADVICE[part] for part in parts), "see docs/operations.md, When verify fails"])
