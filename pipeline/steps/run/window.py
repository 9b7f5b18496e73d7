"""Which part of time a scheduled, manual or backfill run is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.interval import Interval
from pipeline.settings import Settings


class Window(msgspec.Struct, frozen=True):
    """`live`: the feeds still show this time, so they are polled. Otherwise only what was recorded is worked on:
    polling today's feeds would not bring back an earlier day."""

    interval: Interval
    live: bool


def run_window(interval: Interval, *, now: datetime, settings: Settings) -> Window:
    """The window of a run with that data interval.

    The latest complete interval is live and widened to the whole lookback up to now, so that days on which nothing
    ran are made good. Raises ValueError for an empty interval: such a run would silently do nothing.
    """
    start, end = interval.start, interval.end
    if start >= end:
        raise ValueError(f"the run's data interval is empty: {start} to {end}")
    if now < end + (end - start):
        return Window(lookback(settings, now), live=True)
    return Window(interval, live=False)


def manual_interval(
    logical_date: datetime | None, given: Interval | None, *, now: datetime, period: timedelta
) -> Interval:
    """The interval of a run that somebody has triggered: the day, or whatever else the period is, of its logical date,
    and the latest complete one where it has none.

    Airflow infers one from the time of the trigger, or the one before the logical date: `given` is used only where it
    holds the logical date.
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
