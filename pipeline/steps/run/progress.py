"""Progress of a step, for a progress bar or a log."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

log = structlog.get_logger()


class Progress(msgspec.Struct, frozen=True):
    """How many of its tasks a step has done, for one source or, if `source_id` is None, for all."""

    step: str
    source_id: str | None
    done: int
    total: int
    bytes: int = 0
    """Bytes received so far."""


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """For callers that show no progress."""


def log_progress(progress: Progress) -> None:
    """Log one line when the step has done all its tasks for a source, or for all sources."""
    if progress.done == progress.total:
        log.info(progress.step, source=progress.source_id, done=progress.done, bytes=progress.bytes or None)
