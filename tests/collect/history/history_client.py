"""The client and the day that the tests of history share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.interval import Interval
from pipeline.ledger.log import utc_now

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Interval(datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def hour(number: float, *, day: int = 14) -> datetime:
    """A time in March 2026."""
    return datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=number)


@asynccontextmanager
async def open_client(folder: Path) -> AsyncIterator[Client]:
    """A client that may connect to loopback and retries at once."""
    async with Client(
        allow_hosts=("127.0.0.1",),
        limits=Limits(50),
        contact="",
        now=utc_now,
        hosts=folder / "hosts",
        timeouts=Timeouts(total=10, connect=5, read=5, retry_wait=0.01),
    ) as client:
        yield client
