"""newsledger doctor: whether everything is set up."""

from __future__ import annotations

import typer

from pipeline.cli import console
from pipeline.cli.options import Data, SourcesPath
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings


def doctor(data: Data = None, sources: SourcesPath = None) -> None:
    """Look at the set-up: versions, data directory, disk, limits, sources, annotators, ledger, clock.

    Says what to do about whatever is not as it should be; exit status 1 if something does not work without it.
    `newsledger status` says how the sources are doing, `newsledger verify` whether the ledger is as it was recorded.
    """
    from pipeline.monitor.checkup import check_up

    checked = list(check_up(load_settings(data=data, sources=sources), utc_now()))
    console.table(None, ("", "found", "what to do"), [(each.name, each.found, each.advice) for each in checked])
    if any(each.advice and each.is_wrong for each in checked):
        raise typer.Exit(1)
