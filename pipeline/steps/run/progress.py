"""How a step tells how far it has come."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

log = structlog.get_logger()


class Progress(msgspec.Struct, frozen=True):
    """How far a step has come with one source (or with everything, where source_id is None)."""

    step: str
    source_id: str | None
    done: int
    total: int
    bytes: int = 0
    """Fetched by what is done so far."""


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """For callers with nobody watching."""


def log_progress(progress: Progress) -> None:
    """One line when a step is done with a source (or with everything)."""
    if progress.done == progress.total:
        log.info(progress.step, source=progress.source_id, done=progress.done, bytes=progress.bytes or None)
