"""collect: poll, capture and revisit for several sources at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from pipeline.events import Event, SourceDescribed
from pipeline.interval import Interval
from pipeline.sources import Source
from pipeline.steps.capture import capture_source, expire
from pipeline.steps.feed_state import Which
from pipeline.steps.poll import poll_source
from pipeline.steps.revisit import revisit_source
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import polite_client, visit_each
from pipeline.stopping import stop_if_asked

PRODUCER = "sources@1"
_SAID = ("name", "language", "country", "homepage", "feeds", "sitemaps")
"""What an event repeats of a source's entry in sources.toml."""


class KnownSource(msgspec.Struct, frozen=True):
    """A source with items in the ledger."""

    source_id: str


class DescribedSource(msgspec.Struct, frozen=True):
    """A source as its last event describes it."""

    event_id: UUID
    source_id: str
    name: str
    language: str
    country: str
    homepage: str
    feeds: tuple[str, ...]
    sitemaps: tuple[str, ...]


def collect(
    stores: Stores,
    sources: Sequence[Source],
    which: Which = Which.CURRENT,
    *,
    roster: Sequence[Source] = (),
    done_since: datetime | None = None,
) -> StepResult:
    """Poll the sources' feeds, capture the missing pages of items within the lookback, revisit pages that are due.

    `roster` are all sources of sources.toml (default: `sources`). A host that several of them share has the budget of
    the strictest one, also if only one of them is collected. Feeds that were polled at or after `done_since` are not
    polled again: a task that is repeated gives the start of its run.
    """
    described = describe(stores, sources)
    start = lookback(stores.settings, stores.now()).start
    interval = Interval(start, datetime.max.replace(tzinfo=UTC))  # also items that this run discovers

    async def run() -> StepResult:
        async with polite_client(stores.settings, roster or sources, stores.now) as client:

            async def visit(source: Source) -> StepResult:
                own = client.on_behalf_of(source.id)
                polled = await poll_source(stores, own, source, which, done_since)
                captured = await capture_source(stores, own, source, interval)
                return polled + captured + await revisit_source(stores, own, source)

            return await visit_each(stores, sources, visit)

    stop_if_asked()  # while the loop runs, it handles the signal itself
    collected = asyncio.run(run())
    return described + collected + expire(stores, [source.id for source in sources], start)


def describe(stores: Stores, sources: Sequence[Source]) -> StepResult:
    """Record what sources.toml says about the sources, if the ledger does not say the same already."""
    known = {row.source_id: row for row in stores.ledger.select(DescribedSource, "described_sources")}
    events = list[Event]()
    for source in sources:
        last = known.get(source.id)
        said = {name: getattr(source, name) for name in _SAID}
        if last is None or said != {name: getattr(last, name) for name in _SAID}:
            events.append(
                SourceDescribed(
                    stream=f"source:{source.id}",
                    occurred_at=stores.now(),
                    producer=PRODUCER,
                    source_id=source.id,
                    supersedes=last.event_id if last else None,
                    **said,
                )
            )
    return stores.record(events)


def expire_removed(stores: Stores, roster: Sequence[Source]) -> StepResult:
    """Record a final failure for pending pages of sources that were removed from sources.toml: no run collects them."""
    known = {row.source_id for row in stores.ledger.select(KnownSource, "known_sources")}
    removed = sorted(known - {source.id for source in roster})
    return expire(stores, removed, lookback(stores.settings, stores.now()).start) if removed else StepResult({})
