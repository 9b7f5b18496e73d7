"""recover: find the articles of a past interval that are missing from the ledger, and fetch their pages.

    sitemaps ▶ web archive ▶ pages, live or archived ▶ CC-NEWS

Every document of the history (a sitemap, a web archive's index, a CC-NEWS file) is recorded as `history_read` as soon
as it has been read. So an interrupted run resumes where it stopped, and a run that is repeated within a day requests
only what is still missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from pipeline.collect.history.news_slices import NewsSlices
from pipeline.collect.history.sightings import HistoryResult
from pipeline.interval import Interval
from pipeline.sources import Source
from pipeline.steps.backfill.history_items import Recorder, sitemap_readings
from pipeline.steps.backfill.history_search import (
    History,
    HistorySearch,
    days_of,
    open_history,
    reads_cc_news,
    search_sitemaps,
    search_web_archive,
)
from pipeline.steps.backfill.history_state import SourceInterval, history_reads
from pipeline.steps.backfill.recover_news import NewsRecovery
from pipeline.steps.backfill.recover_pages import PageRecovery
from pipeline.steps.recognition import is_erased_item
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import SourceLocks, visit_each_unlocked

_NAMED_FAILURES = 5
"""Maximum number of unreadable documents named in the notices; the events `history_read` name them all."""


def recover(stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]) -> StepResult:
    """Find and capture the articles that the sources published in the interval.

    `roster` are all sources of sources.toml, also those that are not recovered now. A host that several of them share
    has one budget, and a CC-NEWS file is read once for the hosts of all of them.
    """
    hosts = frozenset(host for source in roster for host in source.hosts)

    async def run() -> StepResult:
        async with open_history(stores.settings, roster, stores.now) as history:

            async def visit(source: Source, locks: SourceLocks) -> StepResult:
                return await _recover_source(stores, history.on_behalf_of(source), source, interval, hosts, locks)

            return await visit_each_unlocked(stores, sources, visit)

    return asyncio.run(run())


async def _recover_source(
    stores: Stores,
    history: History,
    source: Source,
    interval: Interval,
    hosts: frozenset[str],
    locks: SourceLocks,
) -> StepResult:
    past = SourceInterval(source.id, interval)
    stores.reports.explain(source.id, await _why_nobody(stores, past))
    async with locks.at_hosts():  # the pages are locked by PageRecovery, for a batch at a time
        result = await _search_sitemaps(stores, history, source, past)
    result += await _search_web_archive(stores, history, source, past)
    pages = PageRecovery(stores, history.client, history.web_archive(source), source, past, locks)
    result += await pages.run()
    if reads_cc_news(stores.settings, source):
        settings = stores.settings
        slices = NewsSlices(settings.cc_news_folder, hosts, allow_hosts=settings.allow_hosts, contact=settings.contact)
        result += await NewsRecovery(stores, history.archives, slices, pages, source, interval).run()
    return result


async def _why_nobody(stores: Stores, past: SourceInterval) -> str:
    """Why no document of the history is requested, if none is."""
    if await stores.reading(history_reads, past):
        return "its history was searched within the last day"
    return "it names no sitemap, and no web archive is searched for it"


async def _search_sitemaps(stores: Stores, history: History, source: Source, past: SourceInterval) -> StepResult:
    readings = await stores.reading(sitemap_readings, past)
    async with Recorder(stores, past) as recorder:
        found = await search_sitemaps(
            history,
            source,
            past.interval,
            readings,
            stores.archive,
            recorder.add,
            partial(is_erased_item, source_id=source.id, erased=stores.erased),
        )
    return recorder.recorded + _noticed(source, found, failures=_failures(found.results))


async def _search_web_archive(stores: Stores, history: History, source: Source, past: SourceInterval) -> StepResult:
    read_at = {
        day: await stores.reading(history_reads, SourceInterval(source.id, day)) for day in days_of(past.interval)
    }
    async with Recorder(stores, past) as recorder:
        found = await search_web_archive(history, source, past.interval, read_at, recorder.add)
    return recorder.recorded + _noticed(source, found)


def _failures(finds: Sequence[HistoryResult]) -> list[str]:
    details = [find.failure.detail for find in finds if find.failure]
    more = [f"{len(details) - _NAMED_FAILURES} more sitemaps could not be read, or not to their end"]
    return details if len(details) <= _NAMED_FAILURES else details[:_NAMED_FAILURES] + more


def _noticed(source: Source, found: HistorySearch, failures: Sequence[str] = ()) -> StepResult:
    return StepResult({}, notices=tuple(f"source {source.id}: {notice}" for notice in (*failures, *found.notices)))
