"""Verify the ledger and the archive of an installation, and remember the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.archive.storage import archive_storage
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.verification.archive_files import NamedFile, is_due, named_files
from pipeline.verification.heads import KeptHead, drop_anchor, kept_heads
from pipeline.verification.proof import Part, Proof, prove
from pipeline.verification.remembered import record_proof


def verify_installation(
    settings: Settings, ledger: Ledger, files: Sequence[NamedFile], given: Sequence[KeptHead] = ()
) -> Proof:
    """Verify the ledger and these files of the archive.

    The ledger must contain the heads in the file of anchors and in the builds, and those that are given.
    """
    kept = [*kept_heads(settings), *given]
    return prove(ledger, archive_storage(settings), files, threads=settings.jobs, kept=kept)


def verify_weekly(settings: Settings, ledger: Ledger, now: datetime) -> Proof:
    """Verify the ledger and the files of the archive that are due. Remember the result, and anchor the head unless the
    ledger is not what was recorded. Raises StorageError."""
    proof = verify_installation(settings, ledger, [file for file in named_files(ledger) if is_due(file.name, now)])
    record_proof(settings, proof, now)
    if all(finding.part is Part.ARCHIVE for finding in proof.findings):
        drop_anchor(settings, proof.events, proof.digest, now)
    return proof
