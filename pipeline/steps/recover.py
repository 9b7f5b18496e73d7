"""recover: the articles of a past interval that the ledger lacks, from their sources' history, and their pages.

    known but never captured ▶ sitemaps ▶ web archive ▶ pages, live or archived ▶ CC-NEWS

What was asked of the history is recorded with what it gave (`history_read`), so an interrupted run is gone on with, and
one that is repeated within a day asks only for what lacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pipeline.collect.history.news_slices import NewsSlices
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
from pipeline.steps.recover_news import NewsRecovery
from pipeline.steps.recover_pages import PageRecovery
from pipeline.steps.stores import StepResult, Stores
from pipeline.steps.visits import visit_each


def recover(stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]) -> StepResult:
    """Find and capture what the sources published in the interval. `roster` are all sources there are: a host's budget
    is the same whichever source leads to it, and a news file is streamed once for all of them."""
    hosts = frozenset(host for source in roster for host in source.hosts)

    async def run() -> StepResult:
        async with open_history(stores.settings, roster, stores.now) as history:
            return await visit_each(
                stores, sources, lambda source: _recover_source(stores, history, source, interval, hosts)
            )

    return asyncio.run(run())


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
