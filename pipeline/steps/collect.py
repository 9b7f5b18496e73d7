"""poll and capture for several sources at once, with one client, so that each host has one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from pipeline.collect.addresses import canonical_host
from pipeline.collect.descriptors import raise_file_limit
from pipeline.collect.http import Client, Limits, Timeouts
from pipeline.errors import NewsledgerError
from pipeline.ledger import Interval
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.capture import capture_source, expire
from pipeline.steps.feed_state import Which
from pipeline.steps.host_locks import HeldByAnotherRun, HostLocks
from pipeline.steps.poll import poll_source
from pipeline.steps.revisit import revisit_source
from pipeline.steps.stores import StepResult, Stores
from pipeline.steps.window import lookback

_FILES_A_SOURCE = 10
"""Locks of a source's hosts; most have one or two."""


class KnownSource(msgspec.Struct, frozen=True):
    source_id: str


def collect(
    stores: Stores, sources: Sequence[Source], which: Which = Which.CURRENT, *, roster: Sequence[Source] = ()
) -> StepResult:
    """Poll the feeds of the sources, capture what their items of the last days lack, look again at pages that are due.

    `roster` is all that sources.toml has, the sources themselves where left out: a host's budget is the same whichever
    source leads to it.
    """
    start = lookback(stores.settings, stores.now()).start
    interval = Interval(start, datetime.max.replace(tzinfo=UTC))  # with what will be discovered meanwhile

    async def work(client: Client, source: Source) -> StepResult:
        polled = await poll_source(stores, client, source, which)
        captured = await capture_source(stores, client, source, interval)
        return polled + captured + await revisit_source(stores, client, source)

    collected = asyncio.run(_collect(stores, sources, roster or sources, work))
    return collected + expire(stores, [source.id for source in sources], start)


def expire_removed(stores: Stores, roster: Sequence[Source]) -> StepResult:
    """Give up what sources that are no longer on the roster have left, as no run will collect for them."""
    known = {row.source_id for row in stores.ledger.select(KnownSource, "known_sources")}
    removed = sorted(known - {source.id for source in roster})
    return expire(stores, removed, lookback(stores.settings, stores.now()).start) if removed else StepResult({})


async def _collect(
    stores: Stores,
    sources: Sequence[Source],
    roster: Sequence[Source],
    work: Callable[[Client, Source], Awaitable[StepResult]],
) -> StepResult:
    locks = HostLocks(stores.settings.host_folder)
    at_once = asyncio.Semaphore(max(raise_file_limit() // _FILES_A_SOURCE, 1))

    async def alone(client: Client, source: Source) -> StepResult:
        try:
            async with at_once, locks.of(_hosts(source)):
                return await work(client, source)
        except HeldByAnotherRun as exc:
            return StepResult({}, notices=(f"source {source.id}: put off, {exc}",))

    async with polite_client(stores.settings, roster, stores.now) as client:
        return await _all(sources, (alone(client, source) for source in sources))


async def _all(sources: Sequence[Source], work: Iterable[Coroutine[None, None, StepResult]]) -> StepResult:
    """Every source to its end, whatever befalls the others; what ended in an error is a problem that names it.

    A full disk or a locked ledger concerns all sources and is raised.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
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


def limits(settings: Settings, sources: Sequence[Source]) -> Limits:
    """Each host's budget: the default, or the least that a source of it sets."""
    by_host: dict[str, float] = {}
    for source in sources:
        limit = source.requests_per_second
        if limit is not None:
            by_host |= {host: min(limit, by_host.get(host, limit)) for host in _hosts(source)}
    return Limits(settings.requests_per_second, by_host)


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
