"""newsledger maintain and verify: keep the ledger's files few, and prove that ledger and archive are unchanged."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.errors import NewsledgerError
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings


def maintain(data: Data = None) -> None:
    """Merge the ledger's small files, verify ledger and archive, and delete files that are no longer needed.

    The weekly DAG does the same. Safe to run while other commands record. It checks the archived pages of the last
    eight days and a part of the older ones, another part each time; `newsledger verify --archive` checks all. Exit
    status 1 if anything is not as it was recorded.
    """
    from pipeline.archive.storage import archive_storage
    from pipeline.steps.maintain import LOCK_TIMEOUT_SECONDS, delete_superseded, merge_files, prune
    from pipeline.steps.verification import due_records, prove, record_proof

    settings = load_settings(data=data)
    began, now = time.monotonic(), utc_now()
    with (
        console.progress() as on_progress,
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS) as ledger,
    ):
        deleted = delete_superseded(ledger, now)
        merging = merge_files(ledger, on_progress)
        proof = prove(ledger, archive_storage(settings), due_records(ledger, now))
    record_proof(settings, proof, now)
    pruned = [*models.prune(settings, now), *prune(settings, now)]
    console.table(
        None,
        ("", "before", "after"),
        [
            ("ledger files", merging.before.files, merging.after.files),
            ("ledger bytes", merging.before.bytes, merging.after.bytes),
            ("replaced files deleted", None, deleted),
            ("left-over files deleted", None, len(pruned)),
            ("events verified", None, proof.events),
            ("archived pages read back", None, proof.pages),
            ("seconds", None, round(time.monotonic() - began, 1)),
        ],
    )
    for finding in proof.findings:
        console.say(finding)
    proof.require_success()
    typer.echo(f"digest {proof.digest}")


def verify_ledger(
    data: Data = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Also read every archived page and compare its digest.")
    ] = False,
    digest_expected: Annotated[
        str | None,
        typer.Option(
            "--digest",
            help="A digest printed by an earlier run; proves that nothing up to it has changed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Prove that the ledger holds exactly what was recorded.

    Prints the digest of the whole ledger. Keep it elsewhere: --digest proves later that the ledger still begins with
    the same events. Exit status 1 if an event or page was changed, removed or inserted.
    """
    from pipeline.archive.storage import archive_storage
    from pipeline.steps.verification import page_records, prove, record_proof

    settings = load_settings(data=data)
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        records = page_records(ledger) if archive else []
        proof = prove(ledger, archive_storage(settings), records, digest_expected=digest_expected)
    record_proof(settings, proof, utc_now())
    for finding in proof.findings:
        console.say(finding)
    if proof.findings:
        raise NewsledgerError(
            f"{settings.ledger_catalog}: {len(proof.findings)} findings; the ledger is not what was recorded"
        )
    pages = f", and {proof.pages} archived pages" if archive else ""
    typer.echo(
        f"{settings.ledger_catalog}: {proof.events} events in {proof.appends} appends{pages} are as they were recorded"
    )
    typer.echo(f"digest {proof.digest}")
