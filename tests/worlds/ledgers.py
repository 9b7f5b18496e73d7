"""Empty ledgers, for tests that are about something else than how these are made."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger
from pipeline.settings import LedgerPlace, Settings

NewData = Callable[[str | Path], Settings]
"""Settings for a data directory of this name, or at this path."""


def empty_ledger(catalog: Path) -> None:
    """Put an empty ledger at this path by copying one that is made once in a process."""
    catalog.parent.mkdir(parents=True, exist_ok=True)
    template = _template()
    shutil.copy(template, catalog)
    shutil.copytree(template.with_suffix(""), catalog.with_suffix(""))


def contents(data: Path) -> dict[str, list[dict[str, object]]]:
    """All rows of the ledger."""
    return rows_of(data / "ledger.sqlite")


def rows_of(place: LedgerPlace) -> dict[str, list[dict[str, object]]]:
    with Ledger.open_existing(place) as ledger:
        names = [*map(event_type, EVENT_TYPES), "appends", "log_head"]
        return {name: ledger.table(f"from ledger.{name} order by all").to_pylist() for name in names}


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="newsledger-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "ledger.sqlite"
    Ledger.open(path).close()
    return path
