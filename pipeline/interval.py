"""The one type for a span of time: a backfill, the lookback of a run, the month in the name of a sitemap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec


class Interval(msgspec.Struct, frozen=True):
    """Half open: start <= t < end, both aware UTC."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    @property
    def days(self) -> int:
        """The length in days, rounded up, at least one."""
        return max(1, -(-(self.end - self.start) // timedelta(days=1)))


def utc_minute(at: datetime) -> str:
    """A time for people, to the minute: `2026-03-01 12:30 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
