"""Verify ledger and archive together."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from pipeline.archive.storage import Storage
from pipeline.errors import NewsledgerError
from pipeline.ledger import Ledger, verify
from pipeline.verification.archive_files import NamedFile, check_files
from pipeline.verification.heads import KeptHead, missing_heads


class Part(StrEnum):
    """What a finding is about, which decides what has to be done."""

    LEDGER = "ledger"
    ARCHIVE = "archive"
    HEAD = "head"


ADVICE = {
    Part.LEDGER: "restore ledger.sqlite and the folder ledger together from a backup",
    Part.ARCHIVE: "copy the named files of the archive from a backup to the same paths",
    Part.HEAD: "the end of the ledger is missing or was replaced: find a backup that is not older",
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
    """Number of events whose record in the archive was read."""
    findings: tuple[Deviation, ...]

    def require_success(self) -> None:
        """Raises NewsledgerError with the first finding and with what to do, if there is one."""
        if self.findings:
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            raise NewsledgerError(f"{self.findings[0].text}{more}; {self.advice}")

    @property
    def head(self) -> str:
        """The ledger's head, as `verify --digest` takes it: `POSITION:sha256:…`."""
        return f"{self.events}:{self.digest}"

    @property
    def advice(self) -> str:
        """What to do about the findings, in one line."""
        parts = [part for part in Part if any(finding.part is part for finding in self.findings)]
        return "; ".join([*(ADVICE[part] for part in parts), "see docs/operations.md, When verify fails"])


def prove(
    ledger: Ledger,
    storage: Storage,
    files: Sequence[NamedFile],
    *,
    threads: int = 1,
    kept: Sequence[KeptHead] = (),
) -> Proof:
    """Verify the whole ledger, look for the heads that were kept elsewhere, and compare these files of the archive with
    the events that name their records."""
    verification = verify(ledger)
    findings = [Deviation(Part.LEDGER, f"{finding.where}: {finding.what}") for finding in verification.findings]
    findings += (Deviation(Part.HEAD, text) for text in missing_heads(ledger, kept))
    records = 0
    for file in check_files(ledger, storage, files, threads):
        records += file.records
        findings += (Deviation(Part.ARCHIVE, f"archive: {text}") for text in file.findings)
    return Proof(verification.appends, verification.events, verification.digest, records, tuple(findings))
