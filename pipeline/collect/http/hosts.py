"""The budget of a host: how often requests may be sent to it, and how many at once.

All processes share it. An answer with a status of OVERLOADED is a refusal: it halves the rate of requests, and only one
request runs at a time until the rate is restored. Any other answer is a good one, also an error such as 404 or 500.
Enough good answers in a row restore the rate step by step.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from pipeline.collect.http.host_files import HostMemory, HostRecord

CONNECTIONS = 4
"""Maximum number of connections to a host that is not overloaded."""
OVERLOADED = frozenset({429, 503})
"""Status codes of a host that gets too many requests (RFC 6585, 4; RFC 9110, 15.6.4)."""
RETRY_AFTER_MAX = timedelta(days=7)
"""Longest pause that a host can ask for. A Retry-After header that asks for more is taken to ask for this much."""
REFUSALS_UNTIL_REST = 10
"""After this many refusals in a row the host gets a rest: a pause of at least 15 minutes, also if it asks for a shorter
one. Each further refusal doubles the rest."""
LONGEST_REST = timedelta(days=1)
"""Longest rest, after many refusals in a row."""

_SLOWEST = 32
"""Maximum of `HostMemory.slowed`: the time between requests to an overloaded host is at most this many times longer."""
_CALM_ANSWERS = 10
"""After this many good answers in a row the rate of requests is doubled, up to the budget."""
_SHORTEST_REST = timedelta(minutes=15)
_SLOT_POLL_SECONDS = 0.1


class Patience(msgspec.Struct, frozen=True):
    """How long a request waits for its turn, in seconds."""

    hold: float = 30
    """If the host's pause lasts longer than this, the request is given up (AskedToWait); otherwise it waits."""
    queue: float = 2700
    """Longest wait, counted from the call of `Host.turn`; then the request is given up (NoTurn). This is checked when
    the host's budget or another process makes the request wait, not while it waits for earlier ones of its own process.
    """


class AskedToWait(Exception):
    """The host's pause is longer than `Patience.hold`; it ends `seconds` from now.

    The host asked for it with Retry-After, or it follows from its refusals.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no request for another {seconds:.0f} seconds, as the host asked or after its refusals")
        self.seconds = seconds


class NoTurn(Exception):
    """The request could not start within `Patience.queue`, because too many others are sent to the host or wait."""


class Host:
    """Limits the requests to one host: how often they start, and how many run at once.

    `requests_per_second` is the highest rate. At most CONNECTIONS requests run at once, or one while the host is
    overloaded. These limits hold for all processes that share the record. A request also holds one of `permits`, which
    limit the connections of this process to all hosts.
    """

    def __init__(
        self,
        record: HostRecord,
        requests_per_second: float,
        *,
        now: Callable[[], datetime],
        permits: asyncio.Semaphore,
        patience: Patience = Patience(),  # noqa: B008  # it is frozen
    ) -> None:
        self._record = record
        self._spacing_seconds = 1 / requests_per_second
        self._now = now
        self._permits = permits
        self._patience = patience
        self._active = 0
        self._is_overloaded = False
        self._starting = asyncio.Lock()
        self._freed = asyncio.Condition()
        self._pause_ends_at: datetime | None = None  # as last read from the memory, by the clock `now`
        self._pause_ends_seconds = 0.0  # the same moment by the event loop's clock

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A context that begins when the request may be sent; leave it when the request is done.

        Raises AskedToWait, NoTurn, StorageError.
        """
        waiting_since = _clock()
        async with self._starting:  # one by one, so that requests that waited together do not start together
            slot = await self._begin(waiting_since)
            self._active += 1
        try:
            yield
        finally:
            try:
                slot.close()
            finally:  # what the slot is held in may be gone, and others of this process wait
                async with self._freed:
                    self._active -= 1
                    self._freed.notify_all()

    async def _begin(self, waiting_since: float) -> ExitStack:
        """Wait until a request may start. Return its permit and its slot, or all slots; closing frees them."""
        while True:
            async with self._freed:
                await self._freed.wait_for(lambda: self._active < (1 if self._is_overloaded else CONNECTIONS))
            await self._permits.acquire()
            with ExitStack() as held:
                held.callback(self._permits.release)
                with self._record.memory() as memory:
                    seconds = self._wait_seconds(memory)
                    if seconds <= 0:
                        slot = self._record.take_all_slots() if self._is_overloaded else self._record.take_slot()
                        if slot is not None:
                            memory.note_request()
                            held.push(slot)
                            return held.pop_all()
                        seconds = _SLOT_POLL_SECONDS
            if _clock() + seconds - waiting_since > self._patience.queue:
                raise NoTurn(f"no turn within {self._patience.queue:.0f} seconds")
            await asyncio.sleep(seconds)

    def _wait_seconds(self, memory: HostMemory) -> float:
        """How long until the next request may start; 0 or less if it may start now. Raises AskedToWait."""
        self._is_overloaded = memory.slowed > 1
        if memory.held_until != self._pause_ends_at:
            # Translate a new pause to the event loop's clock once: `now` may stand still, as in tests.
            self._pause_ends_at = memory.held_until
            pause_seconds = (memory.held_until - self._now()).total_seconds() if memory.held_until else 0.0
            self._pause_ends_seconds = _clock() + pause_seconds
        pause_seconds = self._pause_ends_seconds - _clock()
        if pause_seconds > self._patience.hold:
            raise AskedToWait(pause_seconds)
        return max(pause_seconds, self._spacing_seconds * memory.slowed - memory.seconds_since_asked)

    def respect_crawl_delay(self, seconds: float) -> None:
        """Keep at least this time between requests, as robots.txt asks."""
        self._spacing_seconds = max(self._spacing_seconds, seconds)

    def note_refusal(self, retry_after_seconds: float | None) -> None:
        """Note a refusal: halve the rate of requests, and pause for as long as the host asks.

        If it does not ask for a pause, pause for a little more than the time between requests at the new rate.
        """
        with self._record.memory() as memory:
            memory.calm = 0
            memory.refusals += 1
            memory.slowed = min(memory.slowed * 2, _SLOWEST)
            backoff_seconds = self._spacing_seconds * memory.slowed * random.uniform(1, 1.5)
            pause = timedelta(seconds=backoff_seconds if retry_after_seconds is None else retry_after_seconds)
            if memory.refusals >= REFUSALS_UNTIL_REST:
                rest = _SHORTEST_REST * (1 << min(memory.refusals - REFUSALS_UNTIL_REST, 10))
                pause = max(pause, min(rest, LONGEST_REST))
            until = self._now() + pause
            memory.held_until = max(memory.held_until or until, until)

    def note_answer(self) -> None:
        """Note an answer that is not a refusal. It changes something only while the host is overloaded."""
        if not self._is_overloaded:
            return
        with self._record.memory() as memory:
            memory.refusals = 0
            memory.calm += 1
            if memory.calm >= _CALM_ANSWERS:
                memory.calm = 0
                memory.slowed = max(memory.slowed // 2, 1)


def _clock() -> float:
    """Seconds by the clock of the event loop."""
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
