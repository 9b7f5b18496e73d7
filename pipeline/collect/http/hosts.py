"""The budget of a host: how often requests may be sent to it, and how many at once.

All processes share it. It is reduced while the host is overloaded, and restored step by step when it answers again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import msgspec

from pipeline.collect.http.host_files import HostFile, HostMemory

CONNECTIONS = 4
"""Maximum number of connections to a host that is not overloaded."""
OVERLOADED = frozenset({429, 503})
"""Status codes of a host that gets too many requests (RFC 6585, 4; RFC 9110, 15.6.4)."""
RETRY_AFTER_MAX = timedelta(days=7)
"""Longest time that a Retry-After header is believed."""
MAX_REFUSALS = 10
"""After this many refusals in a row no request is sent to a host for 15 minutes, and twice as long after each further
refusal."""
LONGEST_REST = timedelta(days=1)
"""Longest pause after many refusals."""

_SLOWEST = 32
"""Maximum of `HostMemory.slowed`."""
_CALM_ANSWERS = 10
"""After this many good answers in a row the rate of requests is doubled, up to the budget."""
_SHORTEST_REST = timedelta(minutes=15)
_SLOT_POLL_SECONDS = 0.1


class Patience(msgspec.Struct, frozen=True):
    """How long a request waits for its turn, in seconds."""

    hold: float = 30
    """The longest pause that a host may ask for (Retry-After) without the request being given up."""
    queue: float = 2700
    """The longest wait for the requests before it."""


class AskedToWait(Exception):
    """The host asked for a pause, which ends `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no request for another {seconds:.0f} seconds, as the host asked")
        self.seconds = seconds


class NoTurn(Exception):
    """Too many other requests wait for the host."""


class Host:
    """Lets requests start at least an interval apart, and at most CONNECTIONS run at once, one while it is overloaded.

    These limits hold for all processes that share `folder`. A request also holds one of `permits`, which limit the
    connections of this process to all hosts.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        requests_per_second: float,
        *,
        now: Callable[[], datetime],
        permits: asyncio.Semaphore,
        patience: Patience = Patience(),  # noqa: B008  # it is frozen
    ) -> None:
        self._file = HostFile(folder, name, CONNECTIONS)
        self._interval_seconds = 1 / requests_per_second
        self._now = now
        self._permits = permits
        self._patience = patience
        self._active = 0
        self._slowed = False
        self._starting = asyncio.Lock()
        self._freed = asyncio.Condition()
        self._known_hold: datetime | None = None
        self._held_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A context that begins when the request may be sent; leave it when the request is done.

        Raises AskedToWait, NoTurn, StorageError.
        """
        asked_at = _clock()
        async with self._starting:  # one by one, so that requests that waited together do not start together
            slot = await self._begin(asked_at)
            self._active += 1
        try:
            yield
        finally:
            slot.close()
            async with self._freed:
                self._active -= 1
                self._freed.notify_all()

    async def _begin(self, asked_at: float) -> ExitStack:
        """Wait until a request may start, and return the permit and the slot that it holds."""
        while True:
            async with self._freed:
                await self._freed.wait_for(lambda: self._active < (1 if self._slowed else CONNECTIONS))
            await self._permits.acquire()
            with ExitStack() as held:
                held.callback(self._permits.release)
                with self._file.memory() as memory:
                    seconds = self._wait_seconds(memory)
                    if seconds <= 0:
                        slot = self._file.take_all_slots() if self._slowed else self._file.take_slot()
                        if slot is not None:
                            memory.asked()
                            held.push(slot)
                            return held.pop_all()
                        seconds = _SLOT_POLL_SECONDS
            if _clock() + seconds - asked_at > self._patience.queue:
                raise NoTurn(f"no turn within {self._patience.queue:.0f} seconds")
            await asyncio.sleep(seconds)

    def _wait_seconds(self, memory: HostMemory) -> float:
        """How long until the next request may start; 0 or less if it may start now. Raises AskedToWait."""
        self._slowed = memory.slowed > 1
        if memory.held_until != self._known_hold:
            self._known_hold = memory.held_until
            held = (memory.held_until - self._now()).total_seconds() if memory.held_until else 0.0
            self._held_until = _clock() + held  # a clock that waiting moves, unlike the run's
        held = self._held_until - _clock()
        if held > self._patience.hold:
            raise AskedToWait(held)
        return max(held, self._interval_seconds * memory.slowed - memory.seconds_since_asked)

    def crawl_delay(self, seconds: float) -> None:
        """Keep at least this time between requests, as robots.txt asks."""
        self._interval_seconds = max(self._interval_seconds, seconds)

    def turned_away(self, retry_after_seconds: float | None) -> None:
        """Note that the host is overloaded: send half as many requests, and pause for as long as it says."""
        with self._file.memory() as memory:
            memory.calm = 0
            memory.refusals += 1
            memory.slowed = min(memory.slowed * 2, _SLOWEST)
            backoff_seconds = self._interval_seconds * memory.slowed * random.uniform(1, 1.5)
            pause = timedelta(seconds=backoff_seconds if retry_after_seconds is None else retry_after_seconds)
            if memory.refusals >= MAX_REFUSALS:
                rest = _SHORTEST_REST * (1 << min(memory.refusals - MAX_REFUSALS, 10))
                pause = max(pause, min(rest, LONGEST_REST))
            until = self._now() + pause
            memory.held_until = max(memory.held_until or until, until)

    def answered(self) -> None:
        """Note that the host has answered normally."""
        if not self._slowed:
            return
        with self._file.memory() as memory:
            memory.refusals = 0
            memory.calm += 1
            if memory.calm >= _CALM_ANSWERS:
                memory.calm = 0
                memory.slowed = max(memory.slowed // 2, 1)


def _clock() -> float:
    return asyncio.get_running_loop().time()


def parse_retry_after(value: str | None, now: datetime) -> datetime | None:
    """The time that a Retry-After header names, as seconds or as a date (RFC 9110, 10.2.3); None if it is neither.

    The result lies between `now` and RETRY_AFTER_MAX after it.
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
