"""One run at a time collects from a host, so that two runs at once never fetch a page twice."""

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
LONGEST_WAIT_SECONDS = 2700.0
POLL_SECONDS = 0.2
GIVE_WAY_SECONDS = 2 * POLL_SECONDS
"""So long a run that comes back at once stays away, that those who wait get in."""


class HeldByAnotherRun(Exception):
    """Another run has been at the host for longer than is waited for it."""


class HostLocks:
    """File locks below `folder`, one a host; the sources of this process share those it holds."""

    def __init__(self, folder: Path, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._folder = folder
        self._longest_wait_seconds = longest_wait_seconds
        self._held: dict[str, _Shared] = {}

    @asynccontextmanager
    async def of(self, hosts: Iterable[str]) -> AsyncIterator[None]:
        """Wait for all of them, in alphabetical order, so that no two processes wait for each other.

        Raises HeldByAnotherRun.
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
