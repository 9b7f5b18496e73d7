"""Results of a history search as events: each document that was read, and each article that the ledger does not know.

Also reads back from the ledger what earlier runs have read of a source's sitemaps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from pipeline.collect.history.sightings import HistoryResult, Sighting
from pipeline.collect.history.sitemap_files import SitemapReading
from pipeline.events import Event, HistoryRead, ItemDiscovered
from pipeline.ids import article_id
from pipeline.ledger import Ledger
from pipeline.steps.backfill.history_state import NamedArticles, SourceInterval, known_articles
from pipeline.steps.run.page_events import item_discovered
from pipeline.steps.run.stores import RECALL, StepResult, Stores, uninterrupted

PRODUCER = "recover@2"
BATCH_SECONDS = 10.0
"""Results of this long are recorded with one append."""


class Recorder:
    """Records results while the search continues; the last ones also if an interrupt or an error ends it.

    Use it as an async context manager. Afterwards `recorded` counts what was recorded.
    """

    def __init__(self, stores: Stores, past: SourceInterval) -> None:
        self._stores, self._past = stores, past
        self._waiting: list[HistoryResult] = []
        self.recorded = StepResult({})

    async def __aenter__(self) -> Self:
        self._recorded_at = _clock()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._record()

    async def add(self, result: HistoryResult) -> None:
        self._waiting.append(result)
        if _clock() - self._recorded_at >= BATCH_SECONDS:
            await self._record()

    async def _record(self) -> None:
        results, self._waiting = self._waiting, []
        if results:
            self.recorded += await uninterrupted(record_results(self._stores, self._past, results))
        self._recorded_at = _clock()


def _clock() -> float:
    return asyncio.get_running_loop().time()


class SourceSitemapReading(SitemapReading, frozen=True, kw_only=True):
    """One row of `sitemap_readings.sql`."""

    source_id: str


def sitemap_readings(
    ledger: Ledger, pasts: Sequence[SourceInterval], now: datetime
) -> dict[SourceInterval, dict[str, SitemapReading]]:
    """For `Stores.reading`: what earlier runs have read of a source's sitemaps, by address."""
    readings: dict[SourceInterval, dict[str, SitemapReading]] = {}
    for past in pasts:
        rows = ledger.select(
            SourceSitemapReading,
            "sitemap_readings",
            source_ids=[past.source_id],
            start=past.interval.start,
            end=past.interval.end,
            recall_start=now - RECALL,
        )
        readings[past] = {row.url: row for row in rows}
    return readings


async def record_results(stores: Stores, past: SourceInterval, results: Sequence[HistoryResult]) -> StepResult:
    """Record the documents that were read, and the articles in them that the source has never named; one append."""
    found = tuple(article_id(sighting.item.url) for result in results for sighting in result.sightings)
    known = await stores.reading(known_articles, NamedArticles(past.source_id, found))
    return await uninterrupted(stores.recording(result_events(past, stores.now(), results, known)))


def result_events(
    past: SourceInterval, now: datetime, results: Sequence[HistoryResult], known: Iterable[UUID]
) -> list[Event]:
    """The events of these results. An article that several documents name counts for the first one."""
    seen = set(known)
    events: list[Event] = []
    for result in results:
        new = {article_id(sighting.item.url): sighting for sighting in reversed(result.sightings)}
        new = {article: sighting for article, sighting in new.items() if article not in seen}
        seen |= new.keys()
        read = _read(past, now, result, len(new))
        events += [read, *(_discovered(read, article, sighting) for article, sighting in new.items())]
    return events


def _read(past: SourceInterval, now: datetime, result: HistoryResult, new_items: int) -> HistoryRead:
    failure, location = result.failure, result.location
    interval = result.interval or past.interval
    return HistoryRead(
        stream=f"history:{past.source_id}",
        occurred_at=result.read_at or now,
        producer=PRODUCER,
        source_id=past.source_id,
        via=result.via,
        url=result.url,
        interval_start=interval.start,
        interval_end=interval.end,
        reason=failure.reason if failure else "partial" if result.is_partial else None,
        detail=failure.detail if failure else None,
        status=failure.status if failure else None,
        retry_at=failure.retry_at if failure else None,
        entries=result.entries,
        matches=len(result.sightings),
        new_items=new_items,
        payload_digest=result.payload_digest,
        warc_file=location.warc_file if location else None,
        warc_offset=location.warc_offset if location else None,
        warc_length=location.warc_length if location else None,
        warc_digest=location.warc_digest if location else None,
    )


def _discovered(read: HistoryRead, article: UUID, sighting: Sighting) -> ItemDiscovered:
    """The item, with the article's publication as the time when it occurred."""
    return item_discovered(
        sighting.item,
        article=article,
        source_id=read.source_id,
        feed_url=sighting.found_in,
        producer=PRODUCER,
        caused_by=read.event_id,
        occurred_at=sighting.dated_at,
        via=read.via,
    )
