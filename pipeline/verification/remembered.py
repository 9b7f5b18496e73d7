"""The last verification, remembered in `verified.json` in the data directory or in the store.

It is no event: it is about the files in this place and not about the news, a copy of the ledger is not verified because
the original was, and reading a ledger must not change it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from pipeline.json_files import decoded
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.verification.proof import Proof


class LastVerification(msgspec.Struct, frozen=True):
    """When the ledger was last verified, and with which result."""

    verified_at: Annotated[datetime, msgspec.Meta(tz=True)]
    appends: int
    events: int
    records: int
    """Number of events whose record in the archive was read."""
    digest: str
    findings: int
    first_finding: str | None
    read_since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
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
    content = msgspec.json.format(msgspec.json.encode(last)) + b"\n"
    shared_files(settings).write(settings.verification_file, content)


def last_verification(settings: Settings) -> LastVerification | None:
    """The last verification; None if nothing was verified, or if the file cannot be read as one."""
    try:
        return decoded(shared_files(settings).read(settings.verification_file) or b"", LastVerification)
    except msgspec.DecodeError:
        return None
