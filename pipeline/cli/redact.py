"""newsledger redact: erase an article, or a person's name in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.options import Data
from pipeline.ledger import Ledger, start_run
from pipeline.seen_ledgers import require_restored
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.steps.redact import Redaction


def redact(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="An address of the article, or its id.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded for good, so it must not repeat what is erased.")],
    person: Annotated[
        str | None, typer.Option(help="Erase only this person's name, and the archived pages.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; without a terminal, nothing is asked.")] = False,
    data: Data = None,
) -> None:
    """Erase an article from ledger and archive, with all its addresses, and leave a proof of what is left.

    The ledger keeps an event that says how many events and records were erased, when and why, and no text. `newsledger
    verify` still proves everything else. The article is not recorded again, neither by a later poll nor by a backfill.
    With --person, the article stays, with blocks in the place of each word of the name.

    Afterwards `newsledger models` and `newsledger publish` make the tables without it, and `newsledger maintain`
    deletes the files that still hold it. docs/erasure.md says when the text is gone from where. It waits
    for the end of other runs, so that no run records the article meanwhile.
    """
    from pipeline.archive.storage import archive_storage
    from pipeline.steps.redact import RedactionRequest, plan_redaction, redact
    from pipeline.steps.redacted_records import addresses_of
    from pipeline.steps.run.stores import Stores

    request = RedactionRequest(article, reason, person)
    is_asked = sys.stdin.isatty() and not yes
    settings = load_settings(data=data)
    require_restored(settings)
    with (
        Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger,
        Stores(settings, start_run(), ledger=ledger) as stores,
    ):
        if dry_run or is_asked:
            planned = plan_redaction(stores, request)
            _show(planned)
            addresses = addresses_of(archive_storage(settings), planned.records)
            rows = [(address or "cannot be read", records) for address, records in sorted(addresses.items())]
            console.table(None, ("records of the archive, by address", ""), rows)
        if dry_run:
            return
        if is_asked:
            typer.confirm("This cannot be undone. Erase?", abort=True)
        done = redact(stores, request)
    if not is_asked:
        _show(done)
    console.echo(f"erased in {len(done.seals)} appends, which are sealed; now run:")
    console.echo("  newsledger models, newsledger publish   to make the tables without it")
    console.echo("  newsledger maintain                     to delete the files that held it, a day from now;")
    console.echo("                                          at once with --at-once, if nothing else is running")


def _show(redaction: Redaction) -> None:
    rows = [*sorted(redaction.counts.items()), ("records of the archive", len(redaction.records))]
    console.table(None, ("to be erased", ""), rows)
    if redaction.spellings:
        console.table(None, ("masked, as it is spelt", ""), sorted(redaction.spellings.items()))
    if redaction.near:
        console.table(None, ("similar, and left as it is",), [(word,) for word in redaction.near])
