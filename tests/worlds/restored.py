"""Data directories restored from a backup, and a ledger with one more event."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.ledger import Ledger, Run
from pipeline.settings import Settings
from tests.worlds.ledgers import contents
from tests.worlds.stories import item

Contents = dict[str, list[dict[str, object]]]
Restored = Callable[[Path | str], Settings]
"""Restores a backup, and returns the settings of its new data directory."""


def append(settings: Settings, name: str) -> Contents:
    """Append an event, and return what the ledger has then."""
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger.append([item(name)], Run(name))
    return contents(settings.data)
