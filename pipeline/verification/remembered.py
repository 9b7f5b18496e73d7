"""The last verification, remembered in `verified.json` in the data directory.

It is no event: it is about the files in this place and not about the news, a copy of the ledger is not verified because
the original was, and reading a ledger must not change it.
"""

from __future__ import annotations

import os
from datetime import datetime

import msgspec

from pipeline.errors import storage_errors
from pipeline.settings import Settings
from pipeline.verification.proof import Proof


class LastVerification(msgspec.Struct, frozen=True):
    """When the ledger was last verified, and with which result."""

    verified_at: datetime
    appends: int
    events: int
    records: int
    """Number of events whose record in the archive was read."""
    digest: str
    findings: int
    first_finding: str | None
    read_since: datetime | None = None
    """Every event was read at this time or later."""


def record_proof(settings: Settings, proof: Proof, now: datetime) -> None:
    """Remember the proof as the last verification. Raises StorageError."""
    last = LastVerification(
        verified_at=now,
        appends=proof.appends,
        events=proof.events,
        records=proof.records,
        digest=proof.digest,
        findings=len(proof.findings),
        first_finding=proof.findings[0].text if proof.findings else None,
        read_since=proof.read_since,
    )
    path = settings.verification_file
    written = path.with_name(f"{path.name}.{os.getpid()}")
    with storage_errors(path):
        written.write_bytes(msgspec.json.format(msgspec.json.encode(last)) + b"\n")
        written.replace(path)


def last_verification(settings: Settings) -> LastVerification | None:
    """The last verification; None if nothing was verified, or if the file cannot be read as one."""
    try:
        return msgspec.json.decode(settings.verification_file.read_bytes(), type=LastVerification)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
