"""recover: the articles of a past interval that the ledger lacks, from their sources' history, and their pages.

    known but never captured ▶ sitemaps ▶ web archive ▶ pages, live or archived ▶ CC-NEWS

What was asked of the history is recorded with what it gave (`history_read`), so an interrupted run is gone on with, and
one that is repeated within a day asks only for what lacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from pipeline.collect.addresses import canonical_host
from pipeline.collect.history.news_slices import NewsSlices
from pipeline.errors import NewsledgerError
from pipeline.ledger import Interval
from pipeline.sources import Source
from pipeline.steps.history_items import record_finds
from pipeline.steps.history_search import (
    Finds,
    History,
    open_history,
    reads_cc_news,
    search_sitemaps,
    search_web_archive,
)
from pipeline.steps.history_state import Past, articles_of_past, history_reads
from pipeline.steps.host_locks import HeldByAnotherRun, HostLocks
from pipeline.steps.recover_news import NewsRecovery
from pipeline.steps.recover_pages import PageRecovery
from pipeline.steps.stores import StepResult, Stores


def recover(stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]) -> StepResult:
    """Find and capture what the sources published in the interval. `roster` are all sources there are: a news file is
    streamed once for all of them."""
    hosts = frozenset(host for source in roster for host in source.hosts)

    async def work(history: History, source: Source) -> StepResult:
        return await _recover_source(stores, history, source, interval, hosts)

    return asyncio.run(_for_each(stores, sources, work))


async def _for_each(
    stores: Stores, sources: Sequence[Source], work: Callable[[History, Source], Awaitable[StepResult]]
) -> StepResult:
    """Every source to its end, whatever befalls the others, one run at a time at each host."""
    locks = HostLocks(stores.settings.host_folder)

    async def alone(history: History, source: Source) -> StepResult:
        try:
            async with locks.of(_lock_names(source)):
                return await work(history, source)
        except HeldByAnotherRun as exc:
            return StepResult({}, notices=(f"source {source.id}: put off, {exc}",))

    async with AsyncExitStack() as stack:
        history = await open_history(stack, stores.settings, sources, stores.now)
        results = await asyncio.gather(*(alone(history, source) for source in sources), return_exceptions=True)
    total = StepResult({})
    for source, result in zip(sources, results, strict=True):
        if isinstance(result, StepResult):
            total += result
        elif isinstance(result, Exception) and not isinstance(result, NewsledgerError):
            total += StepResult({}, (f"source {source.id}: {type(result).__name__}: {result}",))
        else:
            raise result
    return total


async def _recover_source(
    stores: Stores, history: History, source: Source, interval: Interval, hosts: frozenset[str]
) -> StepResult:
    past = Past(source.id, interval)
    read_at = await stores.reading(history_reads, past)
    result = await _record(stores, past, await search_sitemaps(history, source, interval, read_at, stores.archive))
    result += await _record(stores, past, await search_web_archive(history, source, interval, read_at))
    articles = await stores.reading(articles_of_past, past)
    pages = PageRecovery(stores, history.client, history.web_archive(source), source)
    result += await pages.run(articles)
    if reads_cc_news(stores.settings, source):
        settings = stores.settings
        slices = NewsSlices(settings.cc_news_folder, hosts, allow_hosts=settings.allow_hosts, contact=settings.contact)
        result += await NewsRecovery(stores, slices, pages, source, interval).run(history.archives)
    return result


async def _record(stores: Stores, past: Past, found: Finds) -> StepResult:
    recorded = await record_finds(stores, past, found.finds)
    return recorded + StepResult({}, notices=tuple(f"source {past.source_id}: {notice}" for notice in found.notices))


def _lock_names(source: Source) -> set[str]:
    """The source's hosts as all runs name them; what is none stays as it is."""
    names = set()
    for host in source.hosts:
        try:
            names.add(canonical_host(host))
        except ValueError:
            names.add(host)
    return names
