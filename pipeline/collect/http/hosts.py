"""How often a host may be asked: one budget for all that is fetched from it, kept smaller while it is overloaded."""

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
"""At once to a host that is not overloaded."""
OVERLOADED = frozenset({429, 503})
"""What a host answers that is asked too much (RFC 6585, 4; RFC 9110, 15.6.4)."""
RETRY_AFTER_MAX = timedelta(days=7)
MAX_REFUSALS = 10
"""After so many refusals in a row a host is left alone for a quarter of an hour, and twice as long after each more."""
LONGEST_REST = timedelta(days=1)

_SLOWEST = 32
"""So many times slower than its budget is a host asked at most."""
_CALM_ANSWERS = 10
"""After so many good answers in a row a host is asked twice as fast again, up to its budget."""
_SHORTEST_REST = timedelta(minutes=15)
_SLOT_POLL_SECONDS = 0.1


class Patience(msgspec.Struct, frozen=True):
    """How long a request waits for its turn, in seconds."""

    hold: float = 30
    """For a host that asked to be left alone for a while (Retry-After)."""
    queue: float = 2700
    """For a host that may be asked only slowly."""


class AskedToWait(Exception):
    """The host wants to be left alone. `seconds` from now it may be asked."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} seconds from now")
        self.seconds = seconds


class NoTurn(Exception):
    """So many others want to ask the host that this request's turn is too far off."""


class Host:
    """Requests start at least an interval apart, at most `CONNECTIONS` at once; one at once while it is overloaded.

    That holds for all processes that share `folder`. A request also holds one of `permits`, of which all hosts have so
    many together.
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
        """Hold it for the length of a request. Raises AskedToWait, NoTurn, StorageError."""
        asked_at = _clock()
        async with self._starting:  # one by one, so that what was delayed together does not start together
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
        """Wait for a moment, a permit and a slot, and hold the last two."""
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
                raise NoTurn(f"not within {self._patience.queue:.0f} seconds")
            await asyncio.sleep(seconds)

    def _wait_seconds(self, memory: HostMemory) -> float:
        """Until the next request may start; not more than 0 if it may now."""
        self._slowed = memory.slowed > 1
        if memory.held_until != self._known_hold:
            self._known_hold = memory.held_until
            held = (memory.held_until - self._now()).total_seconds() if memory.held_until else 0.0
            self._held_until = _clock() + held  # the run's clock need not go on while we wait
        held = self._held_until - _clock()
        if held > self._patience.hold:
            raise AskedToWait(held)
        return max(held, self._interval_seconds * memory.slowed - memory.seconds_since_asked)

    def crawl_delay(self, seconds: float) -> None:
        """robots.txt asks for so much time between requests."""
        self._interval_seconds = max(self._interval_seconds, seconds)

    def turned_away(self, retry_after_seconds: float | None) -> None:
        """The host has answered that it is overloaded: ask half as often, and pause as long as it says."""
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
        """The host has answered as usual."""
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
