"""newsledger backup and restore: a copy of ledger and archive, and back; migrate: its catalog in another place."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.errors import NotAsRecorded
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings

PlaceOfBackup = Annotated[str, typer.Argument(metavar="PLACE", help="The folder of the backup, or s3://BUCKET/PREFIX.")]


def backup(place: PlaceOfBackup, data: Data = None) -> None:
    """Copy ledger and archive into a folder or a bucket, while runs continue; only what is new since the last backup.

    A folder has the layout of a data directory: verify it with `newsledger verify --archive --data FOLDER`. A backup in
    S3 is verified when it is restored. One that was interrupted leaves the one before whole; run it again. What was
    erased is gone from the backup, too, when it is gone from the ledger's files. Tables are not copied, because
    `newsledger models` makes them again.
    """
    from pipeline.backup import back_up

    with console.progress() as on_progress:
        done = back_up(load_settings(data=data), place, on_progress)
    rows = [("files copied", done.copied), ("bytes copied", done.copied_bytes), ("files it had", done.kept)]
    console.table(None, ("", ""), [*rows, ("files no longer needed", done.deleted)])
    console.echo(f"{place}: backup up to {done.position}:{done.digest}")


def restore(place: PlaceOfBackup, data: Data = None) -> None:
    """Copy a backup into an empty data directory, and verify every event and record of it.

    Exit status 1 if anything is not as it was recorded. Afterwards, `newsledger models` and `newsledger publish` make
    the tables again, as the next run does.
    """
    from pipeline.backup import restore
    from pipeline.verification.archive_files import ArchivePart
    from pipeline.verification.installation import verify_installation

    settings = load_settings(data=data)
    with console.progress() as on_progress:
        restore(place, settings, on_progress)
        with Ledger.open_existing(settings.ledger_catalog) as ledger:
            proof = verify_installation(
                settings, ledger, utc_now(), full=True, archive=ArchivePart.ALL, on_progress=on_progress
            )
    for finding in proof.findings:
        console.say(finding.text)
    if proof.findings:
        raise NotAsRecorded(
            f"{settings.data}: was restored, but {place} does not hold all that was recorded: copy the named files from"
            " another backup or from where this one was made, and run `newsledger verify --full --archive`; or restore"
            " another backup into an empty data directory"
        )
    console.echo(f"{settings.data}: {proof.events} events and {proof.records} records restored, as they were recorded")
    console.echo(f"head {proof.head}")


def migrate(
    data: Data = None,
    back: Annotated[bool, typer.Option("--back", help="From the database into the data directory.")] = False,
) -> None:
    """Move the ledger's catalog into the PostgreSQL database of NEWSLEDGER_CATALOG, and verify every event.

    With NEWSLEDGER_STORAGE, Parquet files and archive are copied into the store, and every record is verified, too;
    without, they stay where they are (docs/cluster.md). Let no other command run meanwhile: one that does
    fails, and records nothing. The old catalog is put aside, as ledger.sqlite.migrated or in schema
    newsledger_migrated, and no longer used.
    """
    from pipeline.migration import migrate_to_data_directory, migrate_to_postgres
    from pipeline.verification.archive_files import ArchivePart
    from pipeline.verification.installation import verify_installation

    settings = load_settings(data=data)
    part = ArchivePart.ALL if settings.s3 else ArchivePart.NONE
    with console.progress() as on_progress:
        if back:
            moved = migrate_to_data_directory(settings, on_progress)
            settings = settings.model_copy(update={"catalog": None, "storage": None})
        else:
            moved = migrate_to_postgres(settings, on_progress)
        with Ledger.open_existing(settings.ledger_catalog) as ledger:
            proof = verify_installation(settings, ledger, utc_now(), full=True, archive=part, on_progress=on_progress)
    for finding in proof.findings:
        console.say(finding.text)
    proof.require_success()
    console.echo(
        f"{proof.events} events {'moved' if moved else 'had been moved before'}, as they were recorded"
        + ("; unset NEWSLEDGER_CATALOG and NEWSLEDGER_STORAGE" if back else "")
    )
    console.echo(f"head {proof.head}")
