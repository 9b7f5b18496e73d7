"""What is known of a feed from its last polls: how it is asked next, and when it is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from pipeline.archive.warc import Original
from pipeline.events import PollOutcome
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.run.stores import RECALL

CONSISTENT_MOVES = 3
"""So many polls in a row must be redirected for good to one address before it is asked directly."""
UNCONDITIONAL_EVERY = 6
"""After so many polls less one that were answered 304 the feed is read whole, because servers lie."""
SHORTEST_INTERVAL = timedelta(hours=1)
LONGEST_INTERVAL = timedelta(days=1)
TURNOVER_PERIOD = timedelta(days=7)
"""The fastest turnover of so many days decides how often a feed is polled."""
_SHARE_OF_WINDOW = 0.5
"""A feed is due when so much of what it holds may have been replaced."""
_SLACK = timedelta(minutes=10)
"""A poll that is due so soon is made now: an hourly run is not to wait another hour for minutes."""


class Which(StrEnum):
    """The feeds that a run polls."""

    DUE = "due"
    CURRENT = "current"
    """All that are not retired."""
    ALL = "all"
    """The retired ones, too: somebody asked for them by name."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """A feed after its last poll, as far back as `RECALL`; without any poll, all but the first two fields default."""

    source_id: str
    feed_url: str
    last_polled_at: datetime | None = None
    last_outcome: PollOutcome | None = None
    retry_at: datetime | None = None
    adopted_url: str | None = None
    """The address to ask instead, after permanent redirects."""
    last_seen_at: datetime | None = None
    """When it was last known what it held: an empty read tells nothing."""
    lied: bool = False
    """The server has answered 304 although the feed had changed."""
    failures_in_a_row: int = 0
    not_modified_in_a_row: int = 0
    items: int | None = None
    """Of the last poll that was read, as are the next three."""
    overlap: bool | None = None
    etag: str | None = None
    last_modified: str | None = None
    newest_articles: tuple[UUID, ...] | None = None
    """Of the last poll that read any."""
    peak_items_per_hour: float | None = None
    """The fastest turnover between two polls of the last days."""
    warc_payload_digest: str | None = None
    """Of the last response that was archived in full, as are the next two."""
    final_url: str | None = None
    captured_at: datetime | None = None

    @property
    def retired(self) -> bool:
        """The feed has been answered with 410 and not been read since."""
        return self.last_outcome is PollOutcome.GONE

    @property
    def has_validators(self) -> bool:
        return bool(self.etag or self.last_modified)

    @property
    def may_be_conditional(self) -> bool:
        """Whether the next poll may trust the server to say that nothing has changed."""
        return self.has_validators and not self.lied and self.not_modified_in_a_row < UNCONDITIONAL_EVERY - 1

    @property
    def interval(self) -> timedelta:
        """How long after the last poll the next one is due."""
        if self.failures_in_a_row:
            return min(SHORTEST_INTERVAL * (1 << min(self.failures_in_a_row - 1, 10)), LONGEST_INTERVAL)
        if self.overlap is False or self.peak_items_per_hour is None:
            return SHORTEST_INTERVAL
        if not self.peak_items_per_hour or not self.items:
            return LONGEST_INTERVAL
        hours = _SHARE_OF_WINDOW * self.items / self.peak_items_per_hour
        return min(max(timedelta(hours=min(hours, 48)), SHORTEST_INTERVAL), LONGEST_INTERVAL)

    def is_polled(self, which: Which, now: datetime) -> bool:
        """Whether a run of this kind polls the feed now."""
        if which is Which.ALL or (which is Which.CURRENT and not self.retired):
            return True
        if self.retired or which is Which.CURRENT:
            return False
        if self.retry_at is not None and now < self.retry_at:
            return False
        return self.last_polled_at is None or self.last_polled_at + self.interval <= now + _SLACK

    def original(self, warc_payload_digest: str) -> Original | None:
        """The response that a feed with this payload repeats."""
        if self.warc_payload_digest != warc_payload_digest or self.final_url is None or self.captured_at is None:
            return None
        return Original(self.final_url, self.captured_at)


States = Mapping[tuple[str, str], FeedState]
"""By source id and address."""


def feed_states(ledger: Ledger, sources: Sequence[Source], now: datetime) -> States:
    """The state of every feed and sitemap of the sources, and of the documents they led to."""
    rows = ledger.select(
        FeedState,
        "feed_states",
        source_ids=[source.id for source in sources],
        recall_start=now - RECALL,
        turnover_start=now - TURNOVER_PERIOD,
        consistent_moves=CONSISTENT_MOVES,
    )
    states = {
        (source.id, url): FeedState(source_id=source.id, feed_url=url)
        for source in sources
        for url in (*source.feeds, *source.sitemaps)
    }
    return states | {(row.source_id, row.feed_url): row for row in rows}


def feed_states_by_source(ledger: Ledger, sources: Sequence[Source], now: datetime) -> Mapping[Source, States]:
    """The same for several sources at once, each with its own."""
    states = feed_states(ledger, sources, now)
    return {source: {key: state for key, state in states.items() if key[0] == source.id} for source in sources}


def due_sources(ledger: Ledger, sources: Sequence[Source], now: datetime) -> list[Source]:
    """The sources with a feed that is due."""
    states = feed_states(ledger, sources, now)
    return [
        source
        for source in sources
        if any(states[source.id, url].is_polled(Which.DUE, now) for url in (*source.feeds, *source.sitemaps))
    ]
