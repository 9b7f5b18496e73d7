"""Locks that let one run at a time collect from a host, so that two runs never fetch the same page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from filelock import AsyncFileLock, Timeout

from pipeline.collect.http.host_files import file_stem
from pipeline.errors import storage_errors

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
    """One file lock per host, in `folder`. The sources of one process share the locks that it holds."""

    def __init__(self, folder: Path, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._folder = folder
        self._longest_wait_seconds = longest_wait_seconds
        self._held: dict[str, _Shared] = {}

    @asynccontextmanager
    async def of(self, hosts: Iterable[str]) -> AsyncIterator[None]:
        """Hold the locks of all these hosts. Raises HeldByAnotherRun.

        They are taken in alphabetical order, so that two processes never wait for each other.
        """
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            for host in sorted(set(hosts)):
                await stack.enter_async_context(self._one(host))
            yield

    @asynccontextmanager
    async def _one(self, host: str) -> AsyncIterator[None]:
        shared = self._held.setdefault(host, _Shared(self._folder / f"{file_stem(host)}.lock"))
        await shared.enter(host, self._longest_wait_seconds)
        try:
            yield
        finally:
            await shared.leave()


class _Shared:
    """A file lock that is released when the last of its users leaves."""

    def __init__(self, path: Path) -> None:
        self._file = AsyncFileLock(path, poll_interval=POLL_SECONDS, run_in_executor=False)
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
                await self._file.release()

    async def _acquire(self, host: str, longest_wait_seconds: float) -> None:
        try:
            await self._file.acquire(timeout=min(NOTICE_SECONDS, longest_wait_seconds))
        except Timeout:
            log.warning("waiting_for_another_run", host=host)
            try:
                await self._file.acquire(timeout=max(longest_wait_seconds - NOTICE_SECONDS, 0))
            except Timeout as exc:
                raise HeldByAnotherRun(f"another run has been at {host} for {longest_wait_seconds:g} seconds") from exc
