"""From what the history says to events: that it was read, and the articles it names that the ledger lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.collect.archive import Stored
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sightings import Sighting
from pipeline.events import Event, HistoryRead, ItemDiscovered, Via
from pipeline.ids import article_id
from pipeline.steps.history_state import NamedArticles, Past, known_articles
from pipeline.steps.stores import StepResult, Stores, uninterrupted

PRODUCER = "recover@1"


class HistoryFind(msgspec.Struct, frozen=True, kw_only=True):
    """One document of the history that was looked into, and the interval's articles in it."""

    via: Via
    url: str
    failure: NotRead | None = None
    is_partial: bool = False
    """It was read, but not all that it leads to."""
    entries: int = 0
    sightings: tuple[Sighting, ...] = ()
    payload_digest: str | None = None
    stored: Stored | None = None


async def record_finds(stores: Stores, past: Past, finds: Sequence[HistoryFind]) -> StepResult:
    """Record what was looked into, and each article found that the source has never named; one append."""
    found = tuple(article_id(sighting.item.url) for find in finds for sighting in find.sightings)
    known = await stores.reading(known_articles, NamedArticles(past.source_id, found))
    return await uninterrupted(stores.recording(find_events(past, stores.now(), finds, known)))


def find_events(past: Past, now: datetime, finds: Sequence[HistoryFind], known: Iterable[UUID]) -> list[Event]:
    """The events of these finds; an article counts for the first of them that names it."""
    seen = set(known)
    events: list[Event] = []
    for find in finds:
        new = {article_id(sighting.item.url): sighting for sighting in reversed(find.sightings)}
        new = {article: sighting for article, sighting in new.items() if article not in seen}
        seen |= new.keys()
        read = _read(past, now, find, len(new))
        events += [read, *(_discovered(read, article, sighting) for article, sighting in new.items())]
    return events


def _read(past: Past, now: datetime, find: HistoryFind, new_items: int) -> HistoryRead:
    failure, stored = find.failure, find.stored
    return HistoryRead(
        stream=f"history:{past.source_id}",
        occurred_at=now,
        producer=PRODUCER,
        source_id=past.source_id,
        via=find.via,
        url=find.url,
        interval_start=past.interval.start,
        interval_end=past.interval.end,
        reason=failure.reason if failure else "partial" if find.is_partial else None,
        detail=failure.detail if failure else None,
        status=failure.status if failure else None,
        retry_at=failure.retry_at if failure else None,
        entries=find.entries,
        matches=len(find.sightings),
        new_items=new_items,
        payload_digest=find.payload_digest,
        warc_file=stored.location.warc_file if stored else None,
        warc_offset=stored.location.warc_offset if stored else None,
        warc_length=stored.location.warc_length if stored else None,
    )


def _discovered(read: HistoryRead, article: UUID, sighting: Sighting) -> ItemDiscovered:
    """It happened when the article was published, as far as that can be shown, not when we came to know of it."""
    item = sighting.item
    return ItemDiscovered(
        stream=f"article:{article}",
        occurred_at=sighting.dated_at,
        producer=PRODUCER,
        caused_by=read.event_id,
        source_id=read.source_id,
        feed_url=sighting.found_in,
        article_id=article,
        url=item.url,
        canonical_url=item.canonical_url,
        guid=item.guid,
        title=item.title,
        summary=item.summary,
        published_at=item.published_at,
        updated_at=item.updated_at,
        published_raw=item.published_raw,
        said_digest=item.said_digest,
        via=read.via,
        published_quality=item.published_quality,
        content=item.content,
    )
