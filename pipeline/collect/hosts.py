"""How often a host may be asked: one budget for all that is fetched from it, kept smaller while it is overloaded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CONNECTIONS = 4
"""At once to a host that is not overloaded."""
OVERLOADED = frozenset({429, 503})
"""What a host answers that is asked too much (RFC 6585, 4; RFC 9110, 15.6.4)."""
RETRY_AFTER_MAX = timedelta(days=7)

_SLOWEST = 32
"""So many times slower than its budget is a host asked at most."""
_CALM_ANSWERS = 10
"""After so many good answers in a row a host is asked twice as fast again, up to its budget."""


class AskedToWait(Exception):
    """The host's turn is too far off to wait for. `seconds` from now it may be asked."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} seconds from now")
        self.seconds = seconds


class Host:
    """Requests start at least an interval apart, at most `CONNECTIONS` at once; one at once while it is overloaded."""

    def __init__(
        self, requests_per_second: float, *, longest_hold_seconds: float, longest_queue_seconds: float
    ) -> None:
        self._interval_seconds = 1 / requests_per_second
        self._longest_hold_seconds = longest_hold_seconds
        self._longest_queue_seconds = longest_queue_seconds
        self._slowed = 1
        self._calm = 0
        self._active = 0
        self._starting = asyncio.Lock()
        self._freed = asyncio.Condition()
        self._next_at = 0.0
        self._held_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold it for the length of a request. Raises AskedToWait."""
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        async with self._starting:  # one by one, so that what was delayed together does not start together
            await self._until_free()
            while (seconds := self._wait(asked_at, clock())) > 0:
                await asyncio.sleep(seconds)
                await self._until_free()
            self._active += 1
            self._next_at = clock() + self._interval_seconds * self._slowed
        try:
            yield
        finally:
            async with self._freed:
                self._active -= 1
                self._freed.notify_all()

    async def _until_free(self) -> None:
        async with self._freed:
            await self._freed.wait_for(lambda: self._active < (CONNECTIONS if self._slowed == 1 else 1))

    def _wait(self, asked_at: float, now: float) -> float:
        """Seconds until the next request may start; not more than 0 if it may now."""
        held = self._held_until - now
        if held > self._longest_hold_seconds:
            raise AskedToWait(held)
        start = max(self._next_at, self._held_until)
        if start - asked_at > self._longest_queue_seconds:
            raise AskedToWait(start - now)
        return start - now

    def crawl_delay(self, seconds: float) -> None:
        """robots.txt asks for so much time between requests."""
        self._interval_seconds = max(self._interval_seconds, seconds)

    def hold(self, seconds: float) -> None:
        """Start no request for so long."""
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    def turned_away(self, retry_after_seconds: float | None) -> None:
        """The host has answered that it is overloaded: ask half as often, and pause as long as it says."""
        self._calm = 0
        self._slowed = min(self._slowed * 2, _SLOWEST)
        backoff = self._interval_seconds * self._slowed * random.uniform(1, 1.5)
        self.hold(backoff if retry_after_seconds is None else retry_after_seconds)

    def answered(self) -> None:
        """The host has answered as usual."""
        self._calm += 1
        if self._calm >= _CALM_ANSWERS and self._slowed > 1:
            self._calm = 0
            self._slowed //= 2


def parse_retry_after(value: str | None, now: datetime) -> datetime | None:
    """The moment that a Retry-After header names, seconds or a date (RFC 9110, 10.2.3); None where it is neither.

    Never before `now` and never more than `RETRY_AFTER_MAX` after it.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        at = now + timedelta(seconds=int(text)) if text.isascii() and text.isdigit() else parsedate_to_datetime(text)
    except OverflowError:
        return now + RETRY_AFTER_MAX
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at, now), now + RETRY_AFTER_MAX)
