"""What of an installation needs a person, judged from the published file alone: pages never open the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from pipeline.monitor.concerns import Concern, concerns
from pipeline.monitor.state import CoverageDay, FailedTask, FeedStatus, LedgerHead, PublishedBuild, State
from pipeline.pages.published_file import PublishedFile

Read = TypeVar("Read", bound=msgspec.Struct)
_MONITOR = "pipeline.monitor"


def published_concerns(file: PublishedFile, now: datetime) -> list[Concern]:
    """As `newsledger status --check` lists them, except for what only the ledger shows: whether it was verified, and
    events that are newer than the file."""
    (build,) = _read(file, "publication", PublishedBuild, _MONITOR)
    state = State(
        read_at=now,
        lookback_days=0,
        ledger=LedgerHead(build.head_position, 0, None),
        feeds=tuple(_read(file, "last_polls", FeedStatus)),
        articles={},
        pages_pending=0,
        pending={},
        lost=(),
        failed_tasks=tuple(_read(file, "failed_tasks", FailedTask)),
        coverage=tuple(_read(file, "recent_coverage", CoverageDay, _MONITOR)),
        publication=build,
        verification=None,
    )
    return concerns(state)


def _read(file: PublishedFile, query: str, row_type: type[Read], package: str = "pipeline.pages") -> list[Read]:
    return [msgspec.convert(row._asdict(), row_type) for row in file.answer(query, {}, package).rows]
