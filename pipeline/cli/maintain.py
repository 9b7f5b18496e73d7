"""newsledger maintain: merge the ledger's small files, verify, prune; what the weekly DAG does."""

from __future__ import annotations

import time

import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings


def register(app: typer.Typer) -> None:
    app.command()(maintain)


def maintain(data: Data = None) -> None:
    """Merge the ledger's small files, prove that ledger and archive hold what was recorded, prune what is left over.

    Safe beside running ingests. Exit status 1 if anything is not as it was recorded. Archived pages of the last eight
    days and a changing share of the others are read back; `newsledger verify --archive` reads all.
    """
    from pipeline.steps.maintain import LOCK_TIMEOUT_SECONDS, delete_superseded, merge_files, prove, prune

    settings = load_settings(data=data)
    began, now = time.monotonic(), utc_now()
    with (
        console.progress() as on_progress,
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS) as ledger,
    ):
        deleted = delete_superseded(ledger, now)
        merging = merge_files(ledger, on_progress)
        proof = prove(ledger, settings.archive_root, now)
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
