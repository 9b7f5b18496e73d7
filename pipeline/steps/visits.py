"""Visits to the hosts of several sources at once: with one client, so that each host has one budget, and one run at a
time at a host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from pipeline.collect.addresses import canonical_host
from pipeline.collect.descriptors import raise_file_limit
from pipeline.collect.http import Client, Limits, Timeouts
from pipeline.errors import NewsledgerError
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.host_locks import HeldByAnotherRun, HostLocks
from pipeline.steps.stores import StepResult, Stores

_FILES_A_SOURCE = 10
"""Locks of a source's hosts; most have one or two."""


def polite_client(settings: Settings, sources: Sequence[Source], now: Callable[[], datetime]) -> Client:
    """The client for these sources, as the settings want it to be."""
    return Client(
        allow_hosts=settings.allow_hosts,
        limits=limits(settings, sources),
        contact=settings.contact,
        now=now,
        hosts=settings.host_folder,
        timeouts=Timeouts(total=settings.request_timeout_seconds, read=settings.read_timeout_seconds),
    )


def limits(settings: Settings, sources: Sequence[Source]) -> Limits:
    """Each host's budget: the default, or the least that a source of it sets."""
    by_host: dict[str, float] = {}
    for source in sources:
        limit = source.requests_per_second
        if limit is not None:
            by_host |= {host: min(limit, by_host.get(host, limit)) for host in _hosts(source)}
    return Limits(settings.requests_per_second, by_host)


AtHosts = Callable[[], AbstractAsyncContextManager[None]]
"""Keeps the hosts of a source from other runs for as long as it is held. Raises HeldByAnotherRun."""


async def visit_each(
    stores: Stores, sources: Sequence[Source], visit: Callable[[Source], Awaitable[StepResult]]
) -> StepResult:
    """`attend_each` with visits that are at the source's hosts all the time."""

    async def alone(source: Source, at_hosts: AtHosts) -> StepResult:
        async with at_hosts():
            return await visit(source)

    return await attend_each(stores, sources, alone)


async def attend_each(
    stores: Stores, sources: Sequence[Source], attend: Callable[[Source, AtHosts], Awaitable[StepResult]]
) -> StepResult:
    """Every source to its end, whatever befalls the others; what ended in an error is a problem that names it.

    A full disk or a locked ledger concerns all sources and is raised. A source whose host another run keeps for itself
    is put off, and a notice says so.
    """
    locks = HostLocks(stores.settings.host_folder)
    at_once = asyncio.Semaphore(max(raise_file_limit() // _FILES_A_SOURCE, 1))

    async def one(source: Source) -> StepResult:
        try:
            async with at_once:
                return await attend(source, lambda: locks.of(_hosts(source)))
        except HeldByAnotherRun as exc:
            return StepResult({}, notices=(f"source {source.id}: put off, {exc}",))

    results = await asyncio.gather(*(one(source) for source in sources), return_exceptions=True)
    total = StepResult({})
    for source, result in zip(sources, results, strict=True):
        if isinstance(result, StepResult):
            total += result
        elif isinstance(result, Exception) and not isinstance(result, NewsledgerError):
            total += StepResult({}, (f"source {source.id}: {type(result).__name__}: {result}",))
        else:
            raise result
    return total


def _hosts(source: Source) -> set[str]:
    """The source's hosts as the client names them."""
    return {canonical_host(host) for host in source.hosts}
