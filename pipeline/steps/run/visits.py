"""Visits to the hosts of several sources at once. All visits share one client, so each host has one budget; locks let
one run at a time use a host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime

from pipeline.collect.http.addresses import canonical_host
from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.collect.http.connections import raise_file_limit
from pipeline.collect.http.host_files import HostRecords
from pipeline.errors import NewsledgerError
from pipeline.settings import Settings
from pipeline.shared_locks import shared_locks
from pipeline.sources import Source
from pipeline.steps.run.host_locks import HeldByAnotherRun, HostLocks
from pipeline.steps.run.stores import StepResult, Stores

_FILES_A_SOURCE = 10
"""Estimated number of lock files that a source's visit holds open; most sources have one or two hosts."""


def polite_client(settings: Settings, sources: Sequence[Source], now: Callable[[], datetime]) -> Client:
    """A client with the timeouts of the settings and the budgets of these sources' hosts, as `limits` says.

    `sources` are best all of sources.toml: a source that is not visited may set the budget of a host that is.
    """
    return Client(
        allow_hosts=settings.allow_hosts,
        limits=limits(settings, sources),
        contact=settings.contact,
        now=now,
        hosts=settings.host_folder,
        timeouts=timeouts(settings),
        records=host_records(settings),
    )


def host_records(settings: Settings) -> HostRecords | None:
    """Where the machines of a cluster share the budgets of hosts; None on one machine."""
    if settings.catalog is None:
        return None
    from pipeline.collect.http.host_rows import HostRows  # what it imports is installed for a cluster only

    return HostRows(settings.catalog.get_secret_value())


def timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        total=settings.request_timeout_seconds,
        read=settings.read_timeout_seconds,
        parse=settings.parse_timeout_seconds,
    )


def limits(settings: Settings, sources: Sequence[Source]) -> Limits:
    """The budget of each host: the lowest that a source with this host sets, or else the default."""
    by_host: dict[str, float] = {}
    for source in sources:
        limit = source.requests_per_second
        if limit is not None:
            by_host |= {host: min(limit, by_host.get(host, limit)) for host in _hosts(source)}
    return Limits(settings.requests_per_second, by_host)


class SourceLocks:
    """Locks that keep other runs away while a source is visited. Waiting for one may raise HeldByAnotherRun."""

    def __init__(self, locks: HostLocks, hosts: AbstractSet[str]) -> None:
        self._locks, self._hosts = locks, hosts

    def at_hosts(self) -> AbstractAsyncContextManager[None]:
        """Lock the source's hosts."""
        return self._locks.of(self._hosts)

    def in_archives(self, day: date) -> AbstractAsyncContextManager[None]:
        """Keep other runs from requesting pages of this day and these hosts from web archives.

        Nothing else is locked: not the hosts themselves, and not the pages of other days.
        """
        return self._locks.of(f"pages of {host} of {day} in archives" for host in self._hosts)


async def visit_each(
    stores: Stores, sources: Sequence[Source], visit: Callable[[Source], Awaitable[StepResult]]
) -> StepResult:
    """Visit all sources like `visit_each_unlocked`, but keep each source's hosts locked during its whole visit."""

    async def locked_visit(source: Source, locks: SourceLocks) -> StepResult:
        async with locks.at_hosts():
            return await visit(source)

    return await visit_each_unlocked(stores, sources, locked_visit)


async def visit_each_unlocked(
    stores: Stores, sources: Sequence[Source], visit: Callable[[Source, SourceLocks], Awaitable[StepResult]]
) -> StepResult:
    """Call `visit` for all sources at the same time. Nothing is locked: `visit` gets the source's locks, and enters
    those that it needs for as long as it needs them.

    An error of one source becomes a problem that names the source; the other sources are finished. A NewsledgerError,
    such as a full disk or a locked ledger, concerns all sources and is raised. If another run holds a host for too
    long, the source is left to the next run, and a notice says so.
    """
    at_once = asyncio.Semaphore(max(raise_file_limit() // _FILES_A_SOURCE, 1))

    async def result_of(locks: HostLocks, source: Source) -> StepResult:
        try:
            return await visit(source, SourceLocks(locks, _hosts(source)))
        except HeldByAnotherRun as exc:
            return StepResult({}, notices=(f"source {source.id}: put off, {exc}",))
        except NewsledgerError:
            raise
        except Exception as exc:  # noqa: BLE001  # the problem says what happened, and names the source
            return StepResult({}, problems=(f"source {source.id}: {type(exc).__name__}: {exc}",))

    async def one(locks: HostLocks, source: Source) -> StepResult:
        async with at_once:
            began = time.monotonic()
            result = await result_of(locks, source)
            lines = (*result.problems, *result.notices)
            stores.on_source(stores.reports.close(source.id, time.monotonic() - began, lines))
            return result

    settings = stores.settings
    with shared_locks(settings, settings.host_folder) as shared:
        locks = HostLocks(shared)
        results = await asyncio.gather(*(one(locks, source) for source in sources), return_exceptions=True)
    total = StepResult({})
    for result in results:
        if not isinstance(result, StepResult):
            raise result
        total += result
    return total


def _hosts(source: Source) -> set[str]:
    """The source's hosts as the client names them."""
    return {canonical_host(host) for host in source.hosts}
