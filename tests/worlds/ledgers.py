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
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.session import connect
from pipeline.settings import Settings

NewData = Callable[[str | Path], Settings]
"""Settings for a data directory of this name, or at this path."""


def empty_ledger(catalog: Path) -> None:
    """Put an empty ledger at this path by copying one that is made once in a process."""
    catalog.parent.mkdir(parents=True, exist_ok=True)
    template = _template()
    shutil.copy(template, catalog)
    shutil.copytree(template.with_suffix(""), catalog.with_suffix(""))


@cache
def _template() -> Path:
    """A ledger whose tables have been written to and emptied, as DuckLake's statistics then exist for each.

    Without them DuckLake asks its catalog for the statistics of every column of an empty table at each query, which
    takes 25 milliseconds and no ledger in use does.
    """
    folder = Path(tempfile.mkdtemp(prefix="newsledger-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "ledger.sqlite"
    Ledger.open(path).close()
    with connect(catalog_at(path)) as con:
        for cls in EVENT_TYPES:
            con.execute(f"insert into ledger.{event_type(cls)} (position) values (0)")
        for cls in EVENT_TYPES:
            con.execute(f"delete from ledger.{event_type(cls)}")
    return path
