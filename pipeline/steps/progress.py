"""How a step tells how far it has come."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """How far a step has come with one source (or with everything, where source_id is None)."""

    step: str
    source_id: str | None
    done: int
    total: int


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """For callers with nobody watching."""
