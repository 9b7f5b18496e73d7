"""newsledger maintain, verify and part: keep the ledger's files few, prove that ledger and archive are unchanged, and
correct a wrong join."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Annotated

import typer

from pipeline import models
from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.errors import NewsledgerError, StorageError
from pipeline.interval import utc_minute
from pipeline.ledger import Ledger, start_run
from pipeline.ledger.erased import RecordedErasure
from pipeline.ledger.log import utc_now
from pipeline.seen_ledgers import require_restored
from pipeline.settings import load_settings
from pipeline.shared_files import shared_files


def maintain(
    data: Data = None,
    at_once: Annotated[
        bool,
        typer.Option("--at-once", help="Do not keep replaced files for a day; no other command may be running."),
    ] = False,
) -> None:
    """Merge the ledger's small files, verify ledger and archive, test all tables, and delete left-over files.

    The weekly DAG does the same. Safe to run while other commands record: a file that was replaced is deleted a day
    later, when nothing can still be reading it. It checks what was archived in the last eight days and a part of what
    is older, another part each time; `newsledger verify --archive` checks all. Exit status 1 if anything is not as it
    was recorded.
    """
    from pipeline.steps.maintain import (
        GRACE,
        LOCK_TIMEOUT_SECONDS,
        delete_erased,
        delete_superseded,
        merge_files,
        prune,
        unnamed_files,
    )
    from pipeline.verification.installation import verify_weekly

    settings = load_settings(data=data)
    require_restored(settings)
    began, now = time.monotonic(), utc_now()
    with (
        console.progress() as on_progress,
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS) as ledger,
    ):
        deleted = delete_erased(settings, ledger, utc_now, timedelta() if at_once else GRACE)
        merging = merge_files(ledger, on_progress)
        if at_once:
            deleted += delete_superseded(ledger, utc_now(), timedelta())
        proof = verify_weekly(settings, ledger, now, on_progress)
        unnamed = unnamed_files(settings, ledger)
    pruned = [*models.prune(settings, now), *prune(settings, now)]
    tests = (
        models.build(settings, tested=models.Tested.ALL).tests
        if shared_files(settings).exists(settings.build_file)
        else 0
    )
    console.table(
        None,
        ("", "before", "after"),
        [
            ("ledger files", merging.before.files, merging.after.files),
            ("ledger bytes", merging.before.bytes, merging.after.bytes),
            ("replaced files deleted", None, deleted),
            ("left-over files deleted", None, len(pruned)),
            ("events verified", None, proof.events),
            ("archive records compared", None, proof.records),
            ("archive files that no event names", None, len(unnamed)),
            ("tests of the tables", None, tests),
            ("seconds", None, round(time.monotonic() - began, 1)),
        ],
    )
    for finding in proof.findings:
        console.say(finding.text)
    proof.require_success()
    console.echo(f"anchored in {settings.anchors_file}: {proof.head}")


def part(
    url: Annotated[str, typer.Argument(metavar="ADDRESS")],
    other_url: Annotated[str, typer.Argument(metavar="ADDRESS")],
    data: Data = None,
) -> None:
    """Take back a join: record that two addresses are different articles.

    A run joins addresses that seem to be one article; the table `article_addresses` says which, and why. If it was
    wrong about two of them, this command parts them for good. The next build shows two articles.
    """
    from pipeline.steps.join import part
    from pipeline.steps.run.stores import Stores

    settings = load_settings(data=data)
    require_restored(settings)
    with (
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger,
        Stores(settings, start_run(), ledger=ledger) as stores,
    ):
        part(stores, url, other_url)
    console.echo(f"parted: {url} and {other_url}; the next build shows two articles")


def verify_ledger(
    data: Data = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Also compare every record of the archive with the event that names it.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Read all events, also those that were proven before.")] = False,
    digests: Annotated[
        list[str] | None,
        typer.Option(
            "--digest",
            metavar="POSITION:DIGEST",
            help="A head that an earlier run printed and you kept elsewhere; can be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Prove that the ledger holds exactly what was recorded.

    Reads the events that are new or whose files were written since the last verification, and counts the others. For
    those, it relies on checkpoint.json and on what the file system says of their files: a disk that returns other
    bytes, and somebody who sets the clock back or changes checkpoint.json, are found by --full, which the weekly
    maintenance does. An interrupted run resumes; with --full, everything is read from its beginning.

    Looks also for the heads that were kept elsewhere: by each maintenance in anchors.jsonl, in news.duckdb, by the last
    verification, and by you (--digest). So it finds that the end of the ledger was cut off. Prints today's head: keep
    it where nobody who can change the data directory can change it.

    Reads news.duckdb and build.duckdb to their end, too, if they were written since: a disk may have damaged them.

    Exit status 1 if anything was changed, removed, inserted or damaged.
    """
    from pipeline.verification.archive_files import ArchivePart
    from pipeline.verification.heads import given_head
    from pipeline.verification.installation import verify_installation
    from pipeline.verification.remembered import record_proof

    settings, now = load_settings(data=data), utc_now()
    heads = [given_head(digest) for digest in digests or ()]
    part = ArchivePart.ALL if archive else ArchivePart.NONE
    with (
        console.progress() as on_progress,
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger,
    ):
        proof = verify_installation(
            settings, ledger, now, full=full, archive=part, given=heads, on_progress=on_progress
        )
        erasures = [] if proof.findings else ledger.select(RecordedErasure, "erasures")
    try:
        record_proof(settings, proof, now)
    except StorageError as exc:  # for example of a write-protected copy
        console.say(f"this result is not remembered: {exc}")
    for finding in proof.findings:
        console.say(finding.text)
    if proof.findings:
        what = "" if proof.holds_what_was_recorded else ", so it does not hold what was recorded"
        count = f"{len(proof.findings)} finding{'s' if len(proof.findings) > 1 else ''}"
        raise NewsledgerError(f"{settings.data}: {count}{what}; {proof.advice}")
    records = f", and {proof.records} records of the archive" if archive else ""
    console.echo(
        f"{settings.data}: {proof.events} events in {proof.appends} appends{records} are as they were recorded"
    )
    if proof.events_read < proof.events:
        since = utc_minute(proof.read_since)
        console.echo(f"{proof.events_read} events were read now, the others since {since} (--full reads all)")
    for each in erasures:
        console.echo(" ".join(f"erased, with a seal of what is left: {each}".split()))
    if proof.records_read < proof.records:
        since = utc_minute(proof.archive_since)
        console.echo(f"{proof.records_read} records were read now, the others since {since} (--full reads all)")
    console.echo(f"head {proof.head}")
