"""Which part of time a scheduled, manual or backfill run is about."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pipeline.ledger import Interval
from pipeline.settings import Settings


class Window(msgspec.Struct, frozen=True):
    """`live`: the feeds still show this time, so they are polled. Otherwise only what was recorded is worked on:
    polling today's feeds would not bring back an earlier day."""

    interval: Interval
    live: bool


def run_window(start: datetime | None, end: datetime | None, *, now: datetime, settings: Settings) -> Window:
    """The window of a run with the data interval [start, end).

    The latest complete interval is live and widened to the whole lookback up to now, so that days on which nothing
    ran are made good. Raises ValueError for a missing or empty interval: such a run would silently do nothing.
    """
    if start is None or end is None:
        raise ValueError("the run has no data interval; trigger it with a logical date")
    if start >= end:
        raise ValueError(f"the run's data interval is empty: {start} to {end}")
    if now < end + (end - start):
        return Window(lookback(settings, now), live=True)
    return Window(Interval(start, end), live=False)


def lookback(settings: Settings, now: datetime) -> Interval:
    """The interval of a scheduled run: the last days up to now."""
    return Interval(now - settings.lookback, now)
