"""Locks that let one run at a time collect from a host, so that two runs never fetch the same page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from pipeline.collect.http.host_files import file_stem
from pipeline.shared_locks import SharedLock, SharedLocks

log = structlog.get_logger()

NOTICE_SECONDS = 5.0
"""A run that has waited this long logs that it waits for another one."""
LONGEST_WAIT_SECONDS = 2700.0
"""45 minutes; then the source is put off. A large outlet takes up to about half an hour."""
POLL_SECONDS = 0.2
"""How often a waiting run tries the lock."""
GIVE_WAY_SECONDS = 2 * POLL_SECONDS
"""Pause of a run between two batches, long enough for a waiting run to get the lock."""


class HeldByAnotherRun(Exception):
    """Another run has held the host for longer than the longest wait."""


class HostLocks:
    """One lock per host. The sources of one process share the locks that it holds."""

    def __init__(self, locks: SharedLocks, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._locks = locks
        self._longest_wait_seconds = longest_wait_seconds
        self._held: dict[str, _Shared] = {}

    @asynccontextmanager
    async def of(self, hosts: Iterable[str]) -> AsyncIterator[None]:
        """Hold the locks of all these hosts. Raises HeldByAnotherRun.

        They are taken in alphabetical order, so that two processes never wait for each other.
        """
        async with AsyncExitStack() as stack:
            for host in sorted(set(hosts)):
                await stack.enter_async_context(self._one(host))
            yield

    @asynccontextmanager
    async def _one(self, host: str) -> AsyncIterator[None]:
        shared = self._held.setdefault(host, _Shared(self._locks.lock(file_stem(host))))
        await shared.enter(host, self._longest_wait_seconds)
        try:
            yield
        finally:
            await shared.leave()


class _Shared:
    """A lock that is released when the last of its users leaves."""

    def __init__(self, lock: SharedLock) -> None:
        self._lock = lock
        self._users = 0
        self._entering = asyncio.Lock()

    async def enter(self, host: str, longest_wait_seconds: float) -> None:
        async with self._entering:
            if self._users == 0:
                await self._acquire(host, longest_wait_seconds)
            self._users += 1

    async def leave(self) -> None:
        async with self._entering:
            self._users -= 1
            if self._users == 0:
                self._lock.release()

    async def _acquire(self, host: str, longest_wait_seconds: float) -> None:
        began, is_noticed = time.monotonic(), False
        while not self._lock.try_acquire():
            waited_seconds = time.monotonic() - began
            if waited_seconds >= longest_wait_seconds:
                raise HeldByAnotherRun(f"another run has been at {host} for {longest_wait_seconds:g} seconds")
            if waited_seconds >= NOTICE_SECONDS and not is_noticed:
                log.warning("waiting_for_another_run", host=host)
                is_noticed = True
            await asyncio.sleep(POLL_SECONDS)
