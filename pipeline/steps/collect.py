"""poll and capture for several sources at once, with one client, so that each host has one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence

from pipeline.collect.http import Client, Limits
from pipeline.errors import NewsledgerError
from pipeline.ledger import Interval
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.capture import capture_source
from pipeline.steps.poll import poll_source
from pipeline.steps.stores import StepResult, Stores
from pipeline.steps.window import lookback


def collect(stores: Stores, sources: Sequence[Source]) -> StepResult:
    """Poll every feed of the sources, then capture what their items of the last days lack."""
    return asyncio.run(_collect(stores, sources))


async def _collect(stores: Stores, sources: Sequence[Source]) -> StepResult:
    async with _client(stores, sources) as client:
        return await _all(sources, (_poll_and_capture(stores, client, source) for source in sources))


async def _poll_and_capture(stores: Stores, client: Client, source: Source) -> StepResult:
    polled = await poll_source(stores, client, source)
    return polled + await capture_source(stores, client, source, lookback(stores.settings, stores.now()))


def recapture(stores: Stores, sources: Sequence[Source], interval: Interval) -> StepResult:
    """Capture what the interval's items lack, without polling."""
    return asyncio.run(_recapture(stores, sources, interval))


async def _recapture(stores: Stores, sources: Sequence[Source], interval: Interval) -> StepResult:
    async with _client(stores, sources) as client:
        return await _all(sources, (capture_source(stores, client, source, interval) for source in sources))


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


def limits(settings: Settings, sources: Sequence[Source]) -> Limits:
    """Each host's budget: the default, or what its source sets."""
    by_host = {
        host: source.requests_per_second
        for source in sources
        if source.requests_per_second is not None
        for host in source.hosts
    }
    return Limits(settings.requests_per_second, by_host)


def _client(stores: Stores, sources: Sequence[Source]) -> Client:
    settings = stores.settings
    return Client(
        allow_hosts=settings.allow_hosts, limits=limits(settings, sources), contact=settings.contact, now=stores.now
    )
