"""The interval that a scheduled, manual or backfill run works on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.interval import Interval
from pipeline.settings import Settings


class RunInterval(msgspec.Struct, frozen=True):
    """The interval that a run works on."""

    interval: Interval
    polls: bool
    """True if the run polls feeds. A run over the past does not: feeds show only the newest items."""


def run_interval(interval: Interval, *, started_at: datetime, now: datetime, settings: Settings) -> RunInterval:
    """The interval that a run with this data interval works on.

    A run that started when its interval was the latest complete one polls, and works on the whole lookback up to now,
    so that it catches up on days without a run. It still does after midnight: its tasks must agree. Raises ValueError
    for an empty interval, because such a run would silently do nothing.
    """
    start, end = interval.start, interval.end
    if start >= end:
        raise ValueError(f"the run's data interval is empty: {start} to {end}")
    if started_at < end + (end - start):
        return RunInterval(lookback(settings, now), polls=True)
    return RunInterval(interval, polls=False)


def manual_interval(
    logical_date: datetime | None, given: Interval | None, *, now: datetime, period: timedelta
) -> Interval:
    """The interval of a run that a person triggered: the period (a day, an hour) that contains its logical date, or the
    latest complete period if it has no logical date.

    `given` is the interval that Airflow inferred. It may be the one before the logical date, or depend on the time of
    the trigger, so it is used only if it contains the logical date.
    """
    if logical_date is None:
        start = _floor(now - period, period)
    elif given is not None and given.start <= logical_date < given.end:
        return given
    else:
        start = _floor(logical_date, period)
    return Interval(start, start + period)


def _floor(at: datetime, period: timedelta) -> datetime:
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // period * period


def lookback(settings: Settings, now: datetime) -> Interval:
    """The interval of a scheduled run: the last days up to now."""
    return Interval(now - settings.lookback, now)
