"""What of an installation needs a person, judged from the published file alone: pages never open the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from pipeline.monitor.concerns import Concern, concerns
from pipeline.monitor.state import CoverageDay, FailedTask, FeedStatus, LedgerHead, PublishedBuild, State
from pipeline.pages.published_file import Figure, PublishedFile

MOST_TASKS = 200
"""Maximum number of failed tasks that are judged, the last ones."""
Read = TypeVar("Read", bound=msgspec.Struct)


class JudgedFile(msgspec.Struct, frozen=True):
    concerns: Sequence[Concern]
    figures: Sequence[Figure]
    """The queries whose rows were judged: feeds, failed tasks and days."""


def judged(file: PublishedFile, now: datetime) -> JudgedFile:
    """As `newsledger status --check` judges, except for what only the ledger shows: whether it was verified, and events
    that are newer than the file."""
    feeds = file.answer("last_polls", {})
    tasks = file.answer("failed_tasks", {"since_on": None, "until_on": None, "row_limit": MOST_TASKS})
    days = file.answer("recent_coverage", {}, "pipeline.monitor")
    state = State(
        read_at=now,
        lookback_days=0,
        ledger=LedgerHead(file.build.head_position, 0, None),
        feeds=_rows(feeds, FeedStatus),
        articles={},
        pages_pending=0,
        pending={},
        lost=(),
        failed_tasks=_rows(tasks, FailedTask),
        coverage=_rows(days, CoverageDay),
        publication=msgspec.convert(file.build._asdict(), PublishedBuild),
        verification=None,
    )
    return JudgedFile(concerns(state), (feeds, tasks, days))


def _rows(figure: Figure, row_type: type[Read]) -> tuple[Read, ...]:
    return tuple(msgspec.convert(row._asdict(), row_type) for row in figure.rows)
